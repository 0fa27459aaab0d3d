"""A report with everything a renderer has to show: two runs, a failed login, a folder left out, hostile names."""

from __future__ import annotations

from typing import Any


def fates(**given: int) -> dict[str, int]:
    names = ("copied", "adopted", "moved", "skipped", "refused", "vanished")
    counts = {name: given.get(name, 0) for name in names}
    return {"source": sum(counts.values())} | counts


def folder(source: str, destination: str, note: str = "", **given: int) -> dict[str, Any]:
    return {"source": source, "destination": destination, "messages": fates(**given), "note": note}


def run(number: int, status: str, folders: list[dict[str, Any]], error: str | None = None) -> dict[str, Any]:
    total = {name: sum(item["messages"][name] for item in folders) for name in fates()}
    return {
        "number": number,
        "status": status,
        "error": error,
        "seconds": 12.25,
        "bytes": 31_457_280 if folders else 0,
        "messages": total,
        "flags_changed": 60 if number == 2 else 0,
        "folders": folders,
    }


def connections(server: str, certificate: str, fingerprint: str | None = None) -> dict[str, Any]:
    tls = "none" if certificate == "none" else "implicit"
    source = {"server": server, "tls": tls, "certificate": certificate, "fingerprint": fingerprint}
    target = {"server": "mx.example.net:993", "tls": "implicit", "certificate": "verified", "fingerprint": None}
    return {"source": source, "destination": target}


def sample_report() -> dict[str, Any]:
    first = [
        folder("INBOX", "INBOX", copied=812, adopted=3),
        folder("Rechnungen/Größe & Maß", "Rechnungen/Größe & Maß", copied=120, skipped=2),
        folder("Papierkorb", "", note='Trash is left out (named "Papierkorb")', skipped=41),
    ]
    second = [
        folder("INBOX", "INBOX", copied=14, adopted=815),
        folder("Rechnungen/Größe & Maß", "Rechnungen/Größe & Maß", adopted=120, skipped=2),
        folder("Papierkorb", "", note='Trash is left out (named "Papierkorb")', skipped=41),
    ]
    hostile = [folder("<script>alert(1)</script>", "=HYPERLINK(1)", copied=1, refused=2)]
    words = (
        "Source 192.0.2.7:993: dora@old.example could not sign in; the server says “NO [AUTHENTICATIONFAILED] Wrong\x1b[2J password”. "
        "Check login and password; it is not tried again by itself."
    )
    exceptions = [
        {"run": 1, "folder": "Rechnungen/Größe & Maß", "uid": 7, "fate": "skipped", "reason": "larger than 50 MiB"},
        {"run": 1, "folder": "Rechnungen/Größe & Maß", "uid": 9, "fate": "skipped", "reason": "larger than 50 MiB"},
    ]
    return {
        "migration": "k7m2q9xd",
        "accounts": [
            {
                "source": "anna@old.example",
                "destination": "anna@example.net",
                "connections": connections("192.0.2.7:993", "pinned", "ab" * 32),
                "runs": [run(1, "completed", first), run(2, "completed", second)],
                "exceptions": exceptions,
            },
            {
                "source": "bob",
                "destination": "bob@example.net",
                "connections": connections("192.0.2.8:143", "none"),
                "runs": [run(1, "completed_with_errors", hostile)],
            },
            {"source": "dora@old.example", "destination": "dora@example.net", "runs": [run(1, "failed", [], words)]},
            {"source": "emil", "destination": "emil@example.net", "runs": []},
        ],
    }
