"""``@meets(quirks.LATE_UID)`` says which quirks a test is the test of; ``test_quirks`` sees that none is without."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from textwrap import dedent
from typing import TypeVar

from tests.imap.conftest import endpoint_of
from trasloco.imap.client import Client, connect
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.quirks import Quirk
from trasloco.testing.scripted_server import ScriptedServer

Test = TypeVar("Test", bound=Callable[..., object])


def meets(*quirks: Quirk) -> Callable[[Test], Test]:
    """Leaves the test as it is; the names are read in its source."""
    assert quirks
    return lambda test: test


@asynccontextmanager
async def talk(*scripts: str, deadlines: Deadlines | None = None) -> AsyncIterator[Client]:
    """A client connected to a server that plays these conversations, one for each connection."""
    async with ScriptedServer(*(dedent(script) for script in scripts)) as server:
        client = await connect(endpoint_of(server), deadlines=deadlines)
        try:
            yield client
        finally:
            client.abort()
