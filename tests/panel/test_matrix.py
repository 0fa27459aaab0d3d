"""Every page and action of the panel, asked for by everybody: the right answer in each cell of ``matrix_table``.

The addresses are read from the URL configuration, so a new one without a line in the table fails here. A POST that is
refused must leave every table as it was.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tests.fix_people import Cast
from tests.panel.addresses import Addresses
from tests.panel.matrix_table import ROOMS, VIEWERS, Line

MakeClient = Callable[..., Client]

# What each request writes, whoever sends it: its session, when it was last seen, the counts of rate limits.
LIVELY = {"django_session", "trasloco_cache", "usersessions_usersession"}
REFUSED = {"-", "s", "x"}


def test_every_address_has_a_line_in_the_table(cast: Cast) -> None:
    from django.urls import get_resolver

    patterns = [pattern for pattern in _patterns(get_resolver()) if not pattern.lookup_str.startswith("ninja.")]  # of the API: tests.api
    assert all(pattern.name for pattern in patterns), "each address needs a name"
    table = [name for room in ROOMS.values() for name in room]
    assert len(table) == len(set(table))
    assert {pattern.name for pattern in patterns} == set(table)


def test_every_line_has_an_answer_for_everybody() -> None:
    for room in ROOMS.values():
        for name, line in room.items():
            assert len(line.get) == len(line.post) == len(VIEWERS), name


@pytest.mark.parametrize("room", ROOMS)
def test_everybody_gets_the_answer_that_is_his(room: str, cast: Cast, make_client: MakeClient) -> None:
    asking = Asking(cast, make_client)
    wrong = []
    for name, line in ROOMS[room].items():
        for method, wanted in (("get", line.get), ("post", line.post)):
            found = "".join(asking.answer(viewer, name, method, line) for viewer in VIEWERS)
            if found != wanted:
                wrong.append(f"{name} {method}: {found}, not {wanted}")
    assert not wrong, "\n".join(wrong)
    assert not asking.changed, "\n".join(asking.changed)


class Asking:
    """Sends requests and takes back what they did. changed: refused requests that were not without effect."""

    def __init__(self, cast: Cast, make_client: MakeClient) -> None:
        self._addresses = Addresses(cast)
        self._clients = {name: make_client(cast.people.get(name)) for name in VIEWERS}
        self._cookies = {name: copy.deepcopy(client.cookies) for name, client in self._clients.items()}
        self.changed: list[str] = []
        self._before = contents()  # and so it is again before each request: what one does is taken back

    def answer(self, viewer: str, name: str, method: str, line: Line) -> str:
        """The letter of what he got."""
        from django.db import transaction

        client = self._clients[viewer]
        client.cookies = copy.deepcopy(self._cookies[viewer])
        data = {key: value.format_map(self._addresses.names) for key, value in line.data.items()}
        with transaction.atomic():
            response = getattr(client, method)(self._addresses.of(name), data if method == "post" else None)
            if response.streaming:
                asyncio.run(read_to_the_end(response))
            letter = _letter(response)
            if method == "post" and letter in REFUSED and (tables := touched(self._before, contents())):
                self.changed.append(f"{name} by {viewer}: answered {letter} and wrote to {tables}")
            response.close()
            transaction.set_rollback(True)
        return letter


def contents() -> dict[str, str]:
    """Each table and a digest of all its rows."""
    from django.db import connection

    tables = sorted(set(connection.introspection.table_names()) - LIVELY)
    asked = " UNION ALL ".join(
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t" for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return dict(cursor.fetchall())


def touched(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [table for table in after if before[table] != after[table]]


async def read_to_the_end(response: Any) -> None:
    """A download is taken to its end, so that what it reads from is closed; events go on for a minute, the first says enough."""
    content: AsyncGenerator[bytes, None] = response.streaming_content
    async for _ in content:
        if response.headers["Content-Type"] == "text/event-stream":
            await content.aclose()
            break


def _letter(response: Any) -> str:
    if response.status_code == 302:
        where = response.headers["Location"]
        if where.startswith("/account/login/"):
            return "s"
        return "c" if where.startswith("/account/reauthenticate/") else "r"
    return {200: "o", 404: "-", 405: "x"}.get(response.status_code, f"[{response.status_code}]")


def _patterns(resolver: Any) -> Iterator[Any]:
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _patterns(pattern)
        else:
            yield pattern
