"""The sentence of ours that a stored text was made of, found again by its English words.

Log lines, failures, notes of folders and reasons of messages are stored, sealed and handed over as plain English text
(``docs/adr/0025-said-again.md``). To say one in another language, its pattern is found again: those that the rooms below can store
are in ``locale/sentences.json`` (``make messages``). Where a text can be read in several ways, the one with most words of ours in it
is taken, and none where two have as many. A server's words are never touched: only a blank of ``sentence.CLAUSES`` is looked into.
What is not recalled is shown as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import chain, islice, pairwise

from trasloco.sentence import ALWAYS_OURS, CLAUSES, FIGURES, Sentence, sentence, sentence_of

LONGEST = 4000
"""Characters of the longest text that is looked at."""
_DEEPEST = 6
"""Clauses within clauses."""
_MOST_STEPS = 40
"""Places in a text where a pattern is tried to go on, all in all."""
_FEW_LETTERS = 5
"""A pattern that has no more of its own is ours only when the clauses in it are."""

_KEY = 4
"""Characters by which patterns are looked up."""

_BLANK = re.compile(r"%\((\w+)\)s")
_ANY = re.compile(".+", re.DOTALL)
_FIGURE = re.compile(r"[\d,]+")
_NO_SPACE = re.compile(r"\S+")
_QUOTED = {"“”": re.compile("[^“”]*"), '""': re.compile('[^"]*')}
"""What may stand between quotation marks, which are then those of the pattern."""


@dataclass(frozen=True, slots=True)
class _Form:
    """One wording of a sentence. many: its pattern for every number but one, "" for none. literals: what stands before, between
    and behind the blanks. letters: in these."""

    one: str
    many: str
    literals: tuple[str, ...]
    blanks: tuple[tuple[str, re.Pattern[str]], ...]
    letters: int

    def may_be(self, text: str) -> bool:
        """Does the text have all that is not in a blank?"""
        return text.startswith(self.literals[0]) and text.endswith(self.literals[-1]) and all(part in text for part in self.literals)


class _Forms:
    """Found by what they begin with, else by what they end with; ``others`` have blanks at both ends."""

    def __init__(self, forms: Iterable[_Form]) -> None:
        self.by_start: dict[str, list[_Form]] = {}
        self.by_end: dict[str, list[_Form]] = {}
        self.others: list[_Form] = []
        for form in forms:
            if len(form.literals[0]) >= _KEY:
                self.by_start.setdefault(form.literals[0][:_KEY], []).append(form)
            elif len(form.literals[-1]) >= _KEY:
                self.by_end.setdefault(form.literals[-1][-_KEY:], []).append(form)
            else:
                self.others.append(form)

    def possible(self, text: str) -> list[_Form]:
        found = chain(self.by_start.get(text[:_KEY], ()), self.by_end.get(text[-_KEY:], ()), self.others)
        return [form for form in found if form.may_be(text)]


@dataclass(frozen=True, slots=True)
class _Reading:
    """letters: of ours in the text, also in its clauses; and of them, those of the outermost pattern."""

    sentence: Sentence
    letters: tuple[int, int]


@lru_cache(maxsize=4096)
def recalled(text: str) -> Sentence | None:
    """The sentence, with the values it was filled with as text; None where none of ours, or more than one, has this text."""
    found = _reading(text, 0) if 0 < len(text) <= LONGEST else None
    return None if found is None else found.sentence


@lru_cache(maxsize=1024)
def _reading(text: str, depth: int) -> _Reading | None:
    particular, joints = _forms()
    readings = [reading for form in particular.possible(text) for reading in _readings(form, text, depth)]
    if not readings:
        return next((reading for form in joints.possible(text) for reading in _readings(form, text, depth)), None)
    most = max(reading.letters for reading in readings)
    best = [reading for reading in readings if reading.letters == most]
    return best[0] if len(best) == 1 else None


def _readings(form: _Form, text: str, depth: int) -> Iterator[_Reading]:
    return (made for values in _ways(form, text) if (made := _made(form, values, depth)) is not None)


def _ways(form: _Form, text: str) -> list[dict[str, str]]:
    """How the text can be taken apart by this pattern, short beginnings first; none where that are too many to be looked at."""
    found: list[dict[str, str]] = []
    steps = 0
    open_ways: list[tuple[int, int, dict[str, str]]] = [(0, len(form.literals[0]), {})]
    while open_ways:
        number, start, values = open_ways.pop()
        if number == len(form.blanks):
            if start == len(text):
                found.append(values)
            continue
        name, kind = form.blanks[number]
        ends = list(islice(_ends(form.literals[number + 1], text, start, last=number + 1 == len(form.blanks)), _MOST_STEPS - steps + 1))
        steps += len(ends)
        if steps > _MOST_STEPS:
            return []
        for end in reversed(ends):
            value = text[start:end]
            if kind.fullmatch(value) and values.get(name, value) == value:
                open_ways.append((number + 1, end + len(form.literals[number + 1]), {**values, name: value}))
    return found


def _ends(literal: str, text: str, start: int, *, last: bool) -> Iterator[int]:
    """Where a blank that begins at ``start`` may end: before each place of what follows it."""
    if last:
        if len(text) - len(literal) >= start:
            yield len(text) - len(literal)
        return
    at = text.find(literal, start)
    while at >= 0:
        yield at
        at = text.find(literal, at + 1)


def _made(form: _Form, values: dict[str, str], depth: int) -> _Reading | None:
    filled: dict[str, str | int] = {}
    letters = form.letters
    for name, value in values.items():
        clause = _reading(value, depth + 1) if name in CLAUSES and depth < _DEEPEST else None
        if clause is not None and not (name == "clause" and clause.sentence.pattern == form.one):  # a row has its rest behind
            filled[name] = clause.sentence
            letters += clause.letters[0]
        elif name in ALWAYS_OURS or (name in CLAUSES and form.letters < _FEW_LETTERS):
            return None
        else:
            filled[name] = _figure(value) if name == "n" else value
    if not form.many:
        return _Reading(sentence(form.one, **filled), (letters, form.letters))
    n = filled.pop("n")
    if not isinstance(n, int):
        return None
    return _Reading(sentence_of(form.one, form.many, n, **filled), (letters, form.letters))


def _figure(value: str) -> int | str:
    plain = value.replace(",", "")
    return int(plain) if plain.isascii() and plain.isdigit() else value


@cache
def _forms() -> tuple[_Forms, _Forms]:
    """Those that say something, and those that only put clauses together: what the first can read is not asked of the others."""
    stored = json.loads(resources.files("trasloco").joinpath("locale", "sentences.json").read_text("utf-8"))
    forms = [_form(pattern, one, many) for one, many in stored for pattern in sorted({one, many or one})]
    return _Forms(form for form in forms if form.letters >= _FEW_LETTERS), _Forms(form for form in forms if form.letters < _FEW_LETTERS)


def _form(pattern: str, one: str, many: str) -> _Form:
    literals, names = _BLANK.split(pattern)[::2], _BLANK.split(pattern)[1::2]
    around = [before[-1:] + after[:1] for before, after in pairwise(literals)]
    blanks = tuple((name, _kind(name, marks)) for name, marks in zip(names, around, strict=True))
    return _Form(one, many, tuple(literals), blanks, sum(char.isalpha() for literal in literals for char in literal))


def _kind(name: str, marks: str) -> re.Pattern[str]:
    """marks: the two characters around the blank."""
    if marks in _QUOTED:
        return _QUOTED[marks]
    if name in FIGURES:
        return _FIGURE
    return _NO_SPACE if name == "server" else _ANY
