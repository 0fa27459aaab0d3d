"""The sentence of ours that a stored text was made of, found again by its English words.

Log lines, failures, notes of folders and reasons of messages are stored, sealed and handed over as plain English text
(``docs/adr/0025-said-again.md``). To say one in another language, its pattern is found again: those that the rooms below can store
are in ``locale/sentences.json`` (``make messages``). A text is recalled only where there is one way to take it apart; a server's
words are never touched, as only a blank of ``sentence.CLAUSES`` is looked into. What is not recalled is shown as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from trasloco.sentence import CLAUSES, FIGURES, Sentence, sentence, sentence_of

LONGEST = 8000
"""Characters of the longest text that is looked at."""
_DEEPEST = 6
_MOST_MARKS = 20
_FEW_LETTERS = 6
_QUOTED = {"“”": "[^“”]*", '""': '[^"]*'}
"""What may stand between quotation marks, which are then those of the pattern."""
_BLANK = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class _Form:
    """One wording of a sentence. other: its pattern for another number, "" for none. first, last: what it begins and ends with.
    lazy, greedy: the two extreme ways to take a text apart; where they agree, there is no other. letters: of the pattern itself.
    mark: what stands between two clauses, of a pattern that is nothing else; "" of the others."""

    one: str
    many: str
    first: str
    last: str
    lazy: re.Pattern[str]
    greedy: re.Pattern[str]
    letters: int
    mark: str


def recalled(text: str) -> Sentence | None:
    """The sentence, with the values it was filled with as text; None where none of ours, or more than one, has this text."""
    return _recalled(text, 0) if len(text) <= LONGEST else None


@lru_cache(maxsize=4096)
def _recalled(text: str, depth: int) -> Sentence | None:
    for form in _forms():
        if not (text.startswith(form.first) and text.endswith(form.last)):
            continue
        made = [made for values in _ways(form, text) if (made := _made(form, values, depth)) is not None]
        if len(made) == 1:
            return made[0]
    return None


def _ways(form: _Form, text: str) -> Iterable[dict[str, str]]:
    """How the text can be taken apart: the one way, or nothing. A mark between two clauses may stand in them, too; what
    comes of each of its places is tried."""
    if form.mark:
        names = _BLANK.findall(form.one)
        places = [found.start() for found in re.finditer(re.escape(form.mark), text)]
        return [{names[0]: text[:at], names[1]: text[at + len(form.mark) :]} for at in places] if len(places) <= _MOST_MARKS else []
    found, again = form.lazy.fullmatch(text), form.greedy.fullmatch(text)
    return [found.groupdict()] if found and again and found.groupdict() == again.groupdict() else []


def _made(form: _Form, values: dict[str, str], depth: int) -> Sentence | None:
    """With the clauses in it recalled. A pattern that is hardly more than a mark between clauses needs these to be ours."""
    filled: dict[str, str | int] = {}
    for name, value in values.items():
        clause = _recalled(value, depth + 1) if name in CLAUSES and depth < _DEEPEST else None
        if clause is None and name in CLAUSES and form.letters < _FEW_LETTERS:
            return None
        filled[name] = clause if clause is not None else _figure(value) if name == "n" else value
    if not form.many:
        return sentence(form.one, **filled)
    n = filled.pop("n")
    return sentence_of(form.one, form.many, n, **filled) if isinstance(n, int) else None


def _figure(value: str) -> int | str:
    plain = value.replace(",", "")
    return int(plain) if plain.isascii() and plain.isdigit() else value


@cache
def _forms() -> tuple[_Form, ...]:
    """The most particular first: the one with the most letters of its own."""
    stored = json.loads(resources.files("trasloco").joinpath("locale", "sentences.json").read_text("utf-8"))
    forms = [_form(pattern, one, many) for one, many in stored for pattern in {one, many or one}]
    return tuple(sorted(forms, key=lambda form: -form.letters))


def _form(pattern: str, one: str, many: str) -> _Form:
    literals = _BLANK.split(pattern)[::2]
    letters = sum(char.isalpha() for literal in literals for char in literal)
    lazy, greedy = (re.compile(_regex(pattern, mark), re.DOTALL) for mark in ("?", ""))
    mark = literals[1] if len(literals) == 3 and not literals[0] + literals[2] and not letters else ""
    return _Form(one, many, literals[0], literals[-1], lazy, greedy, letters, mark)


def _regex(pattern: str, mark: str) -> str:
    """mark: after each "+" and "*", "?" for as little as possible."""
    parts, at, seen = [], 0, set[str]()
    for blank in _BLANK.finditer(pattern):
        name = blank[1]
        marks = pattern[blank.start() - 1 : blank.start()] + pattern[blank.end() : blank.end() + 1]
        parts.append(re.escape(pattern[at : blank.start()]))
        parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>{_kind(name, marks)}{mark})")
        seen.add(name)
        at = blank.end()
    return "".join(parts) + re.escape(pattern[at:])


def _kind(name: str, marks: str) -> str:
    """marks: the two characters around the blank."""
    if marks in _QUOTED:
        return _QUOTED[marks]
    if name in FIGURES:
        return r"[\d,]+"
    return r"\S+" if name == "server" else ".+"
