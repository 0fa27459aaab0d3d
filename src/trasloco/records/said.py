"""A sentence of the rooms below (``trasloco.sentence``) in the active language, with the same figures."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import get_language, gettext, ngettext

from trasloco.records.recall import recalled
from trasloco.sentence import CLAUSES, Sentence


def said(text: str) -> str:
    """A sentence, or a stored text that was one; what is none of ours (a server's words) stays as it is."""
    found = text if isinstance(text, Sentence) else _stored(text)
    if found is None:
        return text
    pattern = ngettext(found.pattern, found.many, found.number) if found.many else gettext(found.pattern)
    if not found.values:
        return pattern
    return pattern % {name: _filled(name, value) for name, value in found.values.items()}


def _stored(text: str) -> Sentence | None:
    """Stored is the English text, so there is nothing to look for in English."""
    return None if (get_language() or "en").startswith("en") else recalled(text)


def _filled(name: str, value: str | int) -> str:
    """A blank: a figure, a part of the sentence that is one itself, or a name."""
    if isinstance(value, int):
        return str(number_format(value, force_grouping=True))
    return said(value) if isinstance(value, Sentence) or name in CLAUSES else value
