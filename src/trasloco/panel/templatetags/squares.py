"""How the state of an account looks as a square: a colour, a sign, a word, and the filter that shows all that are like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from trasloco.records.live_figures import Square

register = template.Library()


@dataclass(frozen=True, slots=True)
class Look:
    """letter: of ``live_figures``. state: of ``account_lines.STATES``. Colour is never alone: the sign says the same."""

    letter: str
    sign: str
    word: str | Promise
    state: str


LOOKS = {
    look.letter: look
    for look in (
        Look("f", "✗", _("failed"), "failed"),
        Look("e", "!", _("with errors"), "completed_with_errors"),
        Look("a", "↻", _("tried again later"), "waiting"),
        Look("r", "●", _("running"), "running"),
        Look("w", "○", _("waiting"), "waiting"),
        Look("s", "■", _("stopped"), "stopped"),
        Look("c", "✓", _("completed"), "completed"),
        Look("p", "◌", _("planned"), "planned"),
        Look("l", "–", _("left out"), "left-out"),
    )
}
"""In the order of the legend: what needs somebody first."""


@register.filter
def look(letter: str) -> Look:
    return LOOKS[letter]


@register.filter
def drawn(squares: Sequence[Square]) -> SafeString:
    """All squares, each a link with a name, relative to the page of the migration. Not by a template: there are hundreds."""
    words = {letter: str(found.word) for letter, found in LOOKS.items()}
    return format_html_join(
        "\n",
        '<a class="{}" href="accounts/{}/" aria-label="{}, {}">{}</a>',
        ((each.letter, each.pk, each.address, words[each.letter], LOOKS[each.letter].sign) for each in squares),
    )


@register.simple_tag
def looks() -> list[Look]:
    return list(LOOKS.values())
