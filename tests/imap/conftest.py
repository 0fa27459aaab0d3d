"""Scripted conversations (tests/imap/scripts) and the vectors of ../shared, for the tests of the wire."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from trasloco.imap.client import Client, connect
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.limits import Limits
from trasloco.testing.scripted_server import ScriptedServer

SCRIPTS = Path(__file__).parent / "scripts"
VECTORS = Path(__file__).parents[3] / "shared" / "vectors"

Play = Callable[..., AbstractAsyncContextManager[Client]]


def script(name: str) -> str:
    return (SCRIPTS / f"{name}.txt").read_text(encoding="utf-8")


def endpoint_of(server: ScriptedServer, security: Security = Security.PLAIN, **more: Any) -> Endpoint:
    return Endpoint("localhost", server.port, security, address=server.host, **more)


@pytest.fixture
def play() -> Play:
    """``async with play("append_many") as client``: a client connected to a server that plays that script."""

    @asynccontextmanager
    async def playing(name: str, deadlines: Deadlines | None = None, limits: Limits | None = None) -> AsyncIterator[Client]:
        async with ScriptedServer(script(name)) as server:
            client = await connect(endpoint_of(server), deadlines=deadlines, limits=limits)
            try:
                yield client
            finally:
                client.abort()

    return playing


def vectors(path: str) -> Iterator[dict[str, Any]]:
    """The objects of one file of vectors; the test is skipped where they are not at hand."""
    file = VECTORS / path
    if not file.exists():
        pytest.skip(f"the vectors are not here: {file}")
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def octets(item: dict[str, Any]) -> bytes:
    return base64.b64decode(item["b64"])
