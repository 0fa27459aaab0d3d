"""The page of a proof, from a head as the ledger gives it and with everything strangers may write."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from tests.fix_languages import EnglishTexts, Visible
from trasloco.engine.fate import Fate
from trasloco.records.proof_format import Seal

if TYPE_CHECKING:
    from trasloco.records.queries import LeftBehind

pytestmark = pytest.mark.usefixtures("database")  # its queries need Django to be set up

SEAL = Seal("ab" * 32, 1302, "cd" * 32, bytes(32), bytes(64))
NONE = {"source": 0, "copied": 0, "adopted": 0, "moved": 0, "skipped": 0, "refused": 0, "vanished": 0}


def head(**given: Any) -> dict[str, Any]:
    folders = [
        {
            "source": "INBOX",
            "destination": "INBOX",
            "note": "",
            "counts": NONE | {"source": 851, "copied": 840, "adopted": 9, "skipped": 1, "refused": 1},
        },
        {
            "source": "Büro/Verträge & Übergaben",
            "destination": "Büro/Verträge & Übergaben",
            "note": "",
            "counts": NONE | {"source": 312, "copied": 310, "moved": 2},
        },
        {
            "source": "Gesendete Elemente",
            "destination": "Sent",
            "note": "the destination's \\Sent folder",
            "counts": NONE | {"source": 98, "copied": 98},
        },
        {
            "source": "<script>alert(1)</script>",
            "destination": "",
            "note": 'Trash is left out (named "Papierkorb")',
            "counts": NONE | {"source": 41, "skipped": 41},
        },
    ]
    found: dict[str, Any] = {
        "trasloco": "0.1",
        "made_at": "2026-11-24T09:05:00Z",
        "migration": "k7m2q9xd",
        "source": {"login": "anna@old.example", "host": "imap.old.example", "port": 993},
        "destination": {"address": "anna@example.net", "host": "mx.example.net", "port": 993},
        "runs": [
            {
                "number": 1,
                "status": "completed_with_errors",
                "error": None,
                "started_at": "2026-11-20T20:00:00Z",
                "ended_at": "2026-11-20T20:03:10Z",
            },
            {"number": 2, "status": "completed", "error": None, "started_at": "2026-11-23T06:00:00Z", "ended_at": "2026-11-23T06:00:09Z"},
        ],
        "verification": {
            "at": "2026-11-23T06:10:00Z",
            "sample": None,
            "asked": 1259,
            "counts": {"identical": 1249, "equal": 9, "missing": 1},
            "error": None,
        },
        "counts": NONE | {"source": 1302, "copied": 1248, "adopted": 9, "moved": 2, "skipped": 42, "refused": 1},
        "bytes": {"copied": 130_000_000, "adopted": 5_000, "moved": 1_000, "skipped": 70_000_000, "refused": 1_000, "vanished": 0},
        "folders": folders,
        "only_counted": [],
    }
    return found | given


def reasons() -> list[LeftBehind]:
    from trasloco.records.queries import LeftBehind

    words = "the destination says “NO [CANNOT] Message contains NUL\x1b[2J”; kept: trasloco parked k7m2q9xd writes it to a file"
    repaired = "repaired (line-ends) after the destination said “NO bare LF”"
    return [
        LeftBehind("anna@example.net", b"INBOX", Fate.REFUSED, words, 1, (77,)),
        LeftBehind(
            "anna@example.net", b"INBOX", Fate.SKIPPED, "larger than the limit: 71303168 bytes, at most 52428800 are taken", 1, (311,)
        ),
        LeftBehind("anna@example.net", b"INBOX", Fate.COPIED, repaired, 1, (12,)),
        LeftBehind("anna@example.net", b"Papierkorb", Fate.SKIPPED, 'Trash is left out (named "Papierkorb")', 41, (1, 2, 3, 4, 5)),
    ]


def page(**given: Any) -> str:
    from trasloco.documents.proof_html import proof_page

    return proof_page(
        head(**given), SEAL, given.pop("reasons", reasons()), ("k7m2q9xd-anna@example.net.csv", "k7m2q9xd-anna@example.net.json")
    )


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_what_strangers_wrote_stays_text_and_nothing_is_loaded() -> None:
    text = page()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\x1b" not in text
    assert not {"script", "img", "iframe", "link", "object", "a"} & {tag for tag, _ in Tags(text).tags}
    assert not any({"src", "style", "onclick", "href"} & set(attributes) for _, attributes in Tags(text).tags)
    assert "url(" not in text


def test_everything_is_said() -> None:
    text = page()
    assert "1,259 messages are on the new server, 43 stayed behind for a stated reason" in text
    assert "1,258 of 1,259 messages are as they should be. 1 is no longer in its folder." in text
    assert "24 November 2026, 09:05 UTC" in text
    assert "repaired (line-ends)" in text
    assert "UID 1, 2, 3, 4, 5, …" in text
    assert "cd" * 32 in text
    assert "66687aadf862bd77" in text.replace(":", "")  # SHA-256 of 32 zero bytes


def test_a_good_end_is_said_first() -> None:
    text = page(counts=NONE | {"source": 5, "copied": 5}, verification=None, reasons=[])
    assert "All mail is there: 5 messages" in text
    assert "Read again and compared" not in text


def test_an_account_that_failed_is_no_success() -> None:
    runs = [{"number": 1, "status": "failed", "error": "could not sign in", "started_at": "2026-11-20T20:00:00Z", "ended_at": None}]
    text = page(runs=runs, counts=NONE, folders=[], reasons=[])
    assert "The latest run is not complete: failed. could not sign in" in text
    assert "There was no message." in text
    assert "Not complete yet: 0 messages are on the new server" in text
    assert "All mail is there" not in text


def test_folders_that_were_only_counted_are_named() -> None:
    text = page(only_counted=[{"source": "Müll", "messages": 7, "note": "a rule"}], reasons=[])
    assert "only counted" in text
    assert "Müll" in text


def test_it_is_in_the_active_language(english: EnglishTexts) -> None:
    from django.utils import translation

    with translation.override("it"):
        shown = Visible(page())
    assert shown.language == "it"
    assert english.shown_in(shown.text) == []
    assert "1.259 messaggi si trovano sul nuovo server, rimasti indietro per un motivo indicato: 43" in shown.text
