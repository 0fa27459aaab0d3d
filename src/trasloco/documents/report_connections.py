"""The connections of a report that nobody vouches for: pinned certificates, and none at all."""

from __future__ import annotations

from trasloco.documents.report_figures import Report
from trasloco.sentence import sentence as _


def unverified(report: Report) -> list[str]:
    """A sentence for each server whose certificate was not verified, in the order of the accounts."""
    found: dict[str, None] = {}
    for account in report["accounts"]:
        for side in ("source", "destination"):
            facts = account.get("connections", {}).get(side, {"certificate": "verified"})
            if facts["certificate"] != "verified":
                found.setdefault(_words(side, facts["server"], facts["fingerprint"], plain=facts["certificate"] == "none"))
    return list(found)


def _words(side: str, server: str, fingerprint: str | None, *, plain: bool) -> str:
    if side == "source":
        if plain:
            return _("Old server %(server)s: the connection was not encrypted.", server=server)
        if fingerprint:
            return _(
                "Old server %(server)s: its certificate was not verified; exactly this one was accepted, SHA-256 %(fingerprint)s.",
                server=server,
                fingerprint=fingerprint,
            )
        return _(
            "Old server %(server)s: its certificate is not verified; the first one it shows is accepted, and then only that.", server=server
        )
    if plain:
        return _("New server %(server)s: the connection was not encrypted.", server=server)
    if fingerprint:
        return _(
            "New server %(server)s: its certificate was not verified; exactly this one was accepted, SHA-256 %(fingerprint)s.",
            server=server,
            fingerprint=fingerprint,
        )
    return _(
        "New server %(server)s: its certificate is not verified; the first one it shows is accepted, and then only that.", server=server
    )
