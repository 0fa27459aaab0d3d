"""One level of a folder name: made fit for the destination, numbered, and what to try when refused.

A change is never silent: each function that changes a name gives the reason in words, ready to
stand in a report after the folder's name.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from trasloco.imap import utf7
from trasloco.plan.layout import INBOX
from trasloco.sentence import sentence as _

LONGEST_LEVEL = 200
"""Bytes of one level in modified UTF-7; file systems end at 255, and servers add their own marks."""

_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}

_CLASSES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (_('characters that some servers take for a delimiter became "_"'), re.compile(r"[/.\\|:^]")),
    (_('the quotation mark became "_"'), re.compile('"')),
    (_('the backslash became "_"'), re.compile(r"\\")),
    (_('the asterisk and the per cent sign became "_"'), re.compile(r"[%*]")),
    (_('the first character, special on some servers became "_"'), re.compile(r"^[~#&.]+")),
    (_('the character & became "_"'), re.compile("&")),
    (_('control characters became "%(mark)s"', mark="_"), re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")),
    (_('characters outside the Basic Multilingual Plane became "_"'), re.compile("[\U00010000-\U0010ffff]")),
    (_('everything but letters, digits, space, - and _ became "_"'), re.compile(r"[^\w \-]")),
    (_('everything but ASCII letters, digits, space, - and _ became "_"'), re.compile(r"[^A-Za-z0-9_ \-]")),
)


_SAYS_THERE = re.compile(r"(?<!not )(?<!n't )exist", re.IGNORECASE)


def fit_level(level: str, delimiter: str | None) -> tuple[str, tuple[str, ...]]:
    """A level the destination can hold, and why it is not the given one (empty when it is)."""
    reasons = []
    mark = "-" if delimiter == "_" else "_"
    if not level:
        return mark, (_('a level without a name became "%(mark)s"', mark=mark),)
    if delimiter and delimiter in level:
        level = level.replace(delimiter, mark)
        reasons.append(_('"%(char)s" separates levels on the destination and became "%(mark)s"', char=delimiter or "", mark=mark))
    printable = "".join(mark if unicodedata.category(char) in _UNPRINTABLE else char for char in level)
    if printable != level:
        level = printable
        reasons.append(_('control characters became "%(mark)s"', mark=mark))
    short = shorten(level)
    if short != level:
        level = short
        reasons.append(_("longer than %(most)s bytes: shortened, with a checksum of the whole name", most=LONGEST_LEVEL))
    return level, tuple(reasons)


def shorten(level: str, ending: str = "") -> str:
    """The level with ``ending``, at most LONGEST_LEVEL bytes: a cut name carries 8 digits of its SHA-256."""
    if len(utf7.encode(level + ending)) <= LONGEST_LEVEL:
        return level + ending
    ending = f"~{_digest(level)}{ending}"
    kept = level[:LONGEST_LEVEL]
    while len(utf7.encode(kept + ending)) > LONGEST_LEVEL:
        kept = kept[:-1]
    return kept.rstrip() + ending


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Another name for a refused one: full levels, and in words what was changed."""

    levels: tuple[str, ...]
    words: str


def alternatives(levels: tuple[str, ...], words: str = "", *, fixed: int = 0, base: tuple[str, ...] = ()) -> Iterator[Attempt]:
    """What to try, least change first, when a destination refuses to create a folder. Deterministic.

    levels: the full levels that were refused. words: the server's answer; a character it quotes is
    replaced first. fixed: how many leading levels exist already and stay. base: the levels new
    top-level folders stand below. Attempts differ from each other and from ``levels``."""
    seen = {levels}
    for attempt in _attempts(levels, words, max(fixed, len(base)), base):
        if attempt.levels not in seen:
            seen.add(attempt.levels)
            yield attempt


def _attempts(levels: tuple[str, ...], words: str, fixed: int, base: tuple[str, ...]) -> Iterator[Attempt]:
    fixed = min(fixed, len(levels) - 1)
    head, tail = levels[:fixed], levels[fixed:]
    trimmed = tuple(" ".join(level.split()) or "_" for level in tail)
    if _SAYS_THERE.search(words):
        for number in range(2, 10):
            numbered = (*trimmed[:-1], shorten(trimmed[-1], f" ({number})"))
            yield Attempt(head + numbered, _("the destination takes the name for another folder's"))
    yield Attempt(head + trimmed, _("spaces at the ends and double spaces were removed"))
    for char in dict.fromkeys(re.findall(r"""(?<!\w)['"`](.)['"`](?!\w)""", words)):
        yield Attempt(head + tuple(level.replace(char, "_") for level in tail), _('the server named "%(char)s": it became "_"', char=char))
    for words_of_class, pattern in _CLASSES:
        yield Attempt(head + _cleaned(tail, pattern), words_of_class)
    cleanest = _cleaned(trimmed, _CLASSES[-1][1])
    yield Attempt(head + cleanest, _('spaces were removed and everything but ASCII letters, digits, space, - and _ became "_"'))
    if levels[0] == INBOX and base != (INBOX,) and len(levels) > 1:
        moved = (*base, *levels[1:])
        yield Attempt(moved, _("moved from below INBOX to the top level"))
        yield Attempt(_cleaned(moved, _CLASSES[-1][1]), _("moved from below INBOX to the top level, special characters replaced"))
    name = f"folder-{_digest('/'.join(levels))}"
    yield Attempt((*head, name), _("no form of the name was taken: named by its checksum"))
    yield Attempt((*base, name), _("no form of the name was taken: named by its checksum, at the top level"))


def _cleaned(levels: tuple[str, ...], pattern: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(pattern.sub("_", level) for level in levels)
