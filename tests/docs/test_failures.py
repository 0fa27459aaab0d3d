"""docs/errors.md has a paragraph for every code a failure can have, and none that is made up; so has the panel a title."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import pytest

from trasloco.engine import classify
from trasloco.engine.failure import Scope
from trasloco.engine.pace import RESTS
from trasloco.imap.errors import ConnectReason, TlsReason

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"[a-z]+(-[a-z]+)*")
MAKERS = {"Failure", "_failure", "_later", "NotAdmitted", "Refusal"}


def documented(page: str) -> list[str]:
    return re.findall(r"^### `([^`]+)`$", (ROOT / "docs" / page).read_text("utf-8"), re.MULTILINE)


def failure_codes() -> Iterator[str]:
    """Every code given to a Failure anywhere in the program, as written in its source."""
    for path in (ROOT / "src" / "trasloco").rglob("*.py"):
        if "testing" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
                yield from _codes([*node.args, *(keyword.value for keyword in node.keywords)])
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_fail":
                yield from _codes(node.args[2:3])  # check, side, code, words
            if isinstance(node, ast.Dict) and path.stem == "classify":
                yield from _codes(item.elts[0] for item in node.values if isinstance(item, ast.Tuple))
    yield from (f"{scope.value}-refused" for scope in Scope)
    yield from RESTS  # named by constants


def _codes(nodes: Iterable[ast.expr]) -> Iterator[str]:
    """The constants among the expressions, or among their branches, that are written like a code."""
    for node in nodes:
        branches = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
        values = [branch.value for branch in branches if isinstance(branch, ast.Constant)]
        yield from (value for value in values if isinstance(value, str) and CODE.fullmatch(value))


@pytest.mark.parametrize("page", ["errors.md", "it/errors.md"])
def test_each_failure_has_its_paragraph_and_no_other(page: str) -> None:
    assert len(documented(page)) == len(set(documented(page)))
    assert set(documented(page)) == set(failure_codes())


def test_every_reason_of_the_wire_has_become_a_failure() -> None:
    assert set(classify._CONNECT) == set(get_args(ConnectReason))
    assert set(classify._TLS) == set(get_args(TlsReason))


@pytest.mark.usefixtures("database")
def test_no_title_in_the_panel_is_of_a_failure_that_there_is_not() -> None:
    from trasloco.records import diagnosis

    assert set(diagnosis._OF_CODE) == set(documented("errors.md"))


@pytest.mark.parametrize("page", ["errors.md", "it/errors.md"])
def test_no_paragraph_is_empty(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    for code, paragraph in re.findall(r"^### `([^`]+)`$\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL):
        assert len(paragraph.strip()) > 40, code
