"""A worker's own probes, answered by the loop that works."""

from __future__ import annotations

import asyncio
import os
import socket
import urllib.error
import urllib.request

import pytest

from trasloco.project.database import Database

pytestmark = pytest.mark.usefixtures("clean_database")


def got(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def test_it_answers_while_the_worker_works_and_not_afterwards(clean_database: Database) -> None:
    from trasloco.jobs.presence import Presence
    from trasloco.jobs.registration import About
    from trasloco.project.health_listener import health_listener

    opened = socket.create_server(("127.0.0.1", 0))
    port = opened.getsockname()[1]
    async with health_listener(opened, clean_database.conninfo):
        assert await asyncio.to_thread(got, port, "/healthz") == (200, "ok\n")
        status, body = await asyncio.to_thread(got, port, "/readyz")
        assert (status, body.splitlines()[2][:33]) == (503, "worker: This worker takes no work")
        assert (await asyncio.to_thread(got, port, "/"))[0] == 404
        async with Presence(clean_database.conninfo, About(socket.gethostname(), os.getpid(), "1", 5, ("transfers",))):
            await asyncio.sleep(1.1)  # an answer is given again for a second
            assert (await asyncio.to_thread(got, port, "/readyz"))[0] == 200
    with pytest.raises(OSError, match="refused"):
        await asyncio.to_thread(got, port, "/healthz")


async def test_nobody_asks_where_no_socket_is_given(clean_database: Database) -> None:
    from trasloco.project.health_listener import health_listener

    async with health_listener(None, clean_database.conninfo):
        pass
