"""A tally in words: "3 copied, 1 refused"."""

from __future__ import annotations

from trasloco.engine.fate import Tally
from trasloco.plan.clauses import counted
from trasloco.sentence import sentence as _


def tally_words(tally: Tally) -> str:
    """Each fate that has messages; "no messages" where none has any."""
    counts = [(_COUNTS[name], count) for name, count in tally.as_dict().items() if count and name in _COUNTS]
    return counted([_(words, n=str(count)) for words, count in counts]) if counts else _("no messages")


_COUNTS = {
    "copied": _("%(n)s copied"),
    "adopted": _("%(n)s adopted"),
    "moved": _("%(n)s moved"),
    "skipped": _("%(n)s skipped"),
    "refused": _("%(n)s refused"),
    "vanished": _("%(n)s vanished"),
}
