"""A sentence of the rooms below (``plan.sentence``) in the active language, with the same figures."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from trasloco.plan.sentence import Sentence


def said(text: str) -> str:
    """What is not one of our sentences (a server's words) stays as it is."""
    if not isinstance(text, Sentence):
        return text
    pattern = ngettext(text.pattern, text.many, text.number) if text.many else gettext(text.pattern)
    if not text.values:
        return pattern
    return pattern % {name: _filled(value) for name, value in text.values.items()}


def _filled(value: str | int) -> str:
    """A blank: a figure, a part of the sentence that is one itself, or a name."""
    return str(number_format(value, force_grouping=True)) if isinstance(value, int) else said(value)
