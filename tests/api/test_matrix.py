"""Every operation of the API, asked for by everybody: the right answer in each cell of ``matrix_table``.

The operations are read from the API itself, so a new one without a line in the table fails here. What is refused must leave every
table as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from tests.api.matrix_table import LINES, VIEWERS, Line
from tests.fix_api import Program
from tests.fix_people import Cast
from tests.panel.addresses import Addresses
from tests.panel.test_matrix import contents, read_to_the_end, touched
from trasloco.project.database import Database

NARROWED = {"read": ["read"], "write": ["write"], "admin-scope": ["admin"]}
LETTERS = {200: "o", 201: "o", 204: "o", 401: "t", 403: "s", 404: "-", 409: "n", 422: "n"}
REFUSED = {"t", "-", "s", "n"}
LIVELY = {"trasloco_api_token"}  # notes each use


def test_every_operation_has_a_line_in_the_table_and_every_line_an_answer_for_everybody(database: Database) -> None:
    assert {operation["operationId"] for operation in _operations()} == set(LINES)
    assert {name for name, line in LINES.items() if len(line.answers) != len(VIEWERS)} == set()


def test_everybody_gets_the_answer_that_is_his(cast: Cast, program: Callable[..., Program]) -> None:
    programs = {name: _program(cast, program, name) for name in VIEWERS}
    names = Addresses(cast).names
    before = contents()  # and so it is again before each request: what one does is taken back
    wrong, changed = [], []
    for name, line in LINES.items():
        found = ""
        for viewer in VIEWERS:
            letter, tables = _answer(programs[viewer], line, names, before)
            found += letter
            if tables:
                changed.append(f"{name} by {viewer}: answered {letter} and wrote to {tables}")
        if found != line.answers:
            wrong.append(f"{name}: {found}, not {line.answers}")
    assert not wrong, "\n".join(wrong)
    assert not changed, "\n".join(changed)


def _answer(asking: Program, line: Line, names: dict[str, Any], before: dict[str, str]) -> tuple[str, list[str]]:
    """The letter, and what was written to although it was refused."""
    from django.db import transaction

    method, _, path = line.operation.partition(" ")
    body = None if line.body is None else {key: _filled(value, names) for key, value in line.body.items()}
    with transaction.atomic():
        response = asking.ask(method, path.format_map(names), body)
        if response.streaming:
            asyncio.run(read_to_the_end(response))
        if response.status_code >= 400:
            assert response.headers["Content-Type"] == "application/problem+json"
        letter = LETTERS.get(response.status_code, f"[{response.status_code}]")
        refused = method != "GET" and letter in REFUSED
        tables = sorted(set(touched(before, contents())) - LIVELY) if refused else []
        response.close()
        transaction.set_rollback(True)
    return letter, tables


def _filled(value: Any, names: dict[str, Any]) -> Any:
    return names[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value


def _program(cast: Cast, program: Callable[..., Program], name: str) -> Program:
    if name in NARROWED:
        return program(cast.people["superuser"], NARROWED[name])
    return program(cast.people.get(name))


def _operations() -> Iterator[Any]:
    from trasloco.api.v1 import api

    for path in api.get_openapi_schema()["paths"].values():
        yield from path.values()
