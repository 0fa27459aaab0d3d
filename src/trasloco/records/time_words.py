"""Durations within sentences of ours, to be said in any language."""

from __future__ import annotations

from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _


def time_words(seconds: float) -> Sentence:
    """Seconds as one unit: "45 s", "12 min", "3 h"; from two days on "2 d 4 h"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return _("%(n)s s", n=whole)
    minutes = round(whole / 60)
    if minutes < 60:
        return _("%(n)s min", n=minutes)
    hours = round(minutes / 60)
    if hours < 48:
        return _("%(n)s h", n=hours)
    return _("%(d)s d %(h)s h", d=hours // 24, h=hours % 24)
