"""What is stored of our own words is made of sentences, so that each reader has it in his language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po

from tools.messages import LANGUAGES, SOURCES, po_file
from tools.sentences import patterns, sentences_file, text_of
from trasloco.engine.doings import DOINGS
from trasloco.imap.quirks import QUIRKS
from trasloco.records.recall import recalled
from trasloco.sentence import Sentence, sentence, sentence_of

ROOMS = ("engine", "jobs")
_WORDS = {"Entry": (2, "words"), "Failure": (4, "words"), "MessageRow": (7, "reason"), "FolderResult": (3, "note"), "Stay": (3, "reason")}
"""Which argument of these is for people."""
_ERRORS = {
    "NotAdmitted": (1, "words"),
    "TokenUnavailable": (0, "words"),
    "NoPage": (0, "words"),
    "LoginImpossible": (0, "words"),
    "LimitExceeded": (1, "words"),
}
_SAMPLES = {"server": "mx.example.net:993", "n": "3", "size": "12", "uid": "7", "doing": "reading messages"}
_CLAUSES = {"why": "the bytes differ", "clause": "the bytes differ", "rest": "line ends differ: the server rewrites them"}


def test_the_list_of_stored_sentences_is_that_of_the_code() -> None:
    assert sentences_file(SOURCES).read_text("utf-8") == text_of(SOURCES), "run `make messages` and commit what it changes"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_stored_sentence_is_translated(language: str) -> None:
    with po_file(SOURCES, language).open("rb") as file:
        catalog = read_po(file, locale=language)
    known = {message.id[0] if isinstance(message.id, tuple) else message.id for message in catalog if message.string}
    assert [one for one, _ in patterns(SOURCES) if one not in known] == []


@pytest.mark.parametrize(("one", "many"), patterns(SOURCES), ids=lambda text: text[:40])
def test_every_stored_sentence_is_found_again_by_its_english_text(one: str, many: str) -> None:
    values = {name: _SAMPLES.get(name) or _CLAUSES.get(name) or f"<{name}>" for name in re.findall(r"%\((\w+)\)s", one)}
    values |= {"advice": "Begin again"} if "advice" in values else {}
    text = sentence_of(one, many, 3, **{name: value for name, value in values.items() if name != "n"}) if many else sentence(one, **values)
    found = recalled(str(text))
    assert found is not None
    assert found.pattern == one
    assert found == text


@pytest.mark.parametrize("room", [*ROOMS, "sources", "imap", "pop3"])
def test_what_is_kept_for_people_is_made_of_sentences(room: str) -> None:
    wrong = []
    for path in sorted((SOURCES / room).rglob("*.py")):
        for function, call, argument in _kept(ast.parse(path.read_text("utf-8"))):
            if any(_is_raw(value) for value in _values(function, argument)):
                wrong.append(f"{path.relative_to(SOURCES)}:{call.lineno}")
    assert wrong == []


def test_what_the_engine_is_doing_stands_in_its_list() -> None:
    said = set()
    for path in (SOURCES / "engine").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("blame", "explain"):
                said |= {argument.value for argument in node.args[1:3] if isinstance(argument, ast.Constant)}
    assert len(said) > 30
    assert said <= set(DOINGS) | {""}


def test_the_log_can_say_what_is_done_about_each_quirk_that_it_tells_of() -> None:
    noted = {name for path in SOURCES.rglob("*.py") for name in re.findall(r"note\(quirks\.(\w+)\)", path.read_text("utf-8"))}
    assert noted
    told = [quirk for quirk in QUIRKS if quirk.seen is not None or quirk.name.upper().replace("-", "_") in noted]
    assert len(told) > 10
    assert [quirk.name for quirk in told if not isinstance(quirk.does, Sentence)] == []


def _kept(module: ast.Module) -> Iterator[tuple[ast.AST, ast.Call, ast.expr]]:
    """(the function around it, the call, its argument for people)."""
    for function in (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in (_WORDS | _ERRORS):
                place, name = (_WORDS | _ERRORS)[node.func.id]
                found = node.args[place : place + 1] or [keyword.value for keyword in node.keywords if keyword.arg == name]
                yield from ((function, node, argument) for argument in found)


def _values(function: ast.AST, argument: ast.expr) -> list[ast.expr]:
    """The argument; of a name, what it was given in this function."""
    if not isinstance(argument, ast.Name):
        return [argument]
    given = [node for node in ast.walk(function) if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)]
    values = []
    for node in given:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and target.id == argument.id and node.value is not None:
                values.append(node.value)
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(target.elts, node.value.elts, strict=True)
                values += [value for name, value in pairs if isinstance(name, ast.Name) and name.id == argument.id]
    return values


def _is_raw(value: ast.expr) -> bool:
    """English put together by hand, which nobody can say in another language."""
    if isinstance(value, ast.IfExp):
        return _is_raw(value.body) or _is_raw(value.orelse)
    if isinstance(value, ast.BoolOp):
        return any(map(_is_raw, value.values))
    return isinstance(value, ast.JoinedStr | ast.BinOp) or (isinstance(value, ast.Constant) and bool(value.value))


def test_this_reader_of_code_finds_what_is_put_together_by_hand() -> None:
    code = 'def f():\n    words = f"{x} is gone"\n    Entry(1, "a", words)\n    Failure(1, 2, 3, 4, _("all is well"))\n'
    assert [any(map(_is_raw, _values(function, argument))) for function, _call, argument in _kept(ast.parse(code))] == [True, False]
