"""What a stored verification found, in a sentence: for the report and for the proof's page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trasloco.documents.units import count_words
from trasloco.engine.comparison import Verdict

_REST = {
    Verdict.MISSING: "no longer in their folder",
    Verdict.DIFFERENT: "different",
    Verdict.UNKNOWN: "without a known place",
    Verdict.PRESENT: "only known to be there",
}


def verification_words(found: Mapping[str, Any] | None) -> str:
    """``found``: ``verification`` of the JSON report or of a proof's head; "" for None."""
    if found is None:
        return ""
    counts = {Verdict(name): count for name, count in found["counts"].items()}
    verified = sum(count for verdict, count in counts.items() if verdict.good)
    what = "all of them" if found["sample"] is None else "a sample taken at random"
    when = datetime.fromisoformat(found["at"]).strftime("%d %B %Y, %H:%M UTC").lstrip("0")
    good = f"{verified:,} of {count_words(found['asked'], 'message')}"
    words = f"On {when} the new mailbox was read again by a login of its own ({what}): {good} are as they should be"
    rest = [f"{counts[verdict]:,} {text}" for verdict, text in _REST.items() if counts.get(verdict)]
    ending = f" It ended before its time: {found['error']}" if found["error"] else ""
    return f"{', '.join([words, *rest])}.{ending}"
