"""A sentence in English that can be said in another language: it remembers its pattern and what was filled in.

This module knows no Django and no languages, and lies below all rooms. Who shows a sentence to a person looks its pattern up and
fills it in again (``records.said``); everywhere else it is an ordinary string. What was stored is found again by its English text
(``records.recall``). Import ``sentence`` as ``_`` and ``sentence_of`` as ``ngettext``, so that ``make messages`` finds the patterns.

Names of blanks mean something: what stands in one of ``CLAUSES`` may be a clause of ours, and is said in the reader's language too;
``server`` has no spaces in it; ``FIGURES`` are digits; all others hold names, figures and words of strangers, which stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

ALWAYS_OURS = frozenset({"clause", "rest", "advice"})
"""Names of blanks that hold a clause of ours."""

CLAUSES = ALWAYS_OURS | {"why", "doing"}
"""Names of blanks that may hold one, or else the words of somebody else."""

FIGURES = frozenset({"n", "size", "uid"})
"""Names of blanks that hold a number, in digits."""


class Sentence(str):
    """pattern: with blanks such as ``%(name)s``. many: the pattern for every number but one, "" when there is no number.
    values: a whole number is a figure, and is written with its thousands apart; what is a name or a line's number is text."""

    pattern: str
    many: str
    number: int
    values: Mapping[str, str | int]


def sentence(pattern: str, /, **values: str | int) -> Sentence:
    """The sentence in English."""
    return _made(pattern, "", 1, values)


def sentence_of(one: str, many: str, n: int, /, **values: str | int) -> Sentence:
    """The sentence in English for ``n`` things; the blank ``%(n)s`` is that number."""
    return _made(one, many, n, {**values, "n": n})


def _made(pattern: str, many: str, count: int, values: Mapping[str, str | int]) -> Sentence:
    filled = many if many and count != 1 else pattern
    if values:
        filled = filled % {name: f"{value:,}" if isinstance(value, int) else value for name, value in values.items()}
    made = Sentence(filled)
    made.pattern, made.many, made.number, made.values = pattern, many, count, dict(values)
    return made
