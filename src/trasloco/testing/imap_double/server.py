"""A mail server of a flavour, on loopback, in a thread of its own.

    mailbox, door = Mailbox("Archiv"), Door()
    door.password("anna@old.example", "secret", mailbox)
    with ImapDouble(flavour("exchange"), door) as server:
        ... server.host, server.port ...

Tests change mailboxes, door and moods while it runs. It plays a source: nothing in it is ever changed by a client.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

from trasloco.testing.imap_double.doors import Door
from trasloco.testing.imap_double.flavour import Flavour
from trasloco.testing.imap_double.moods import HangUp, Moods
from trasloco.testing.imap_double.session import Session
from trasloco.testing.imap_double.words import Word


class ImapDouble:
    """seconds: of work for each message it hands out. tick: called at each of them.

    moods: of the server; moods_of: of those mailboxes that have their own.

    sign_ins: by user. mechanisms, introductions (ID): as they came. writes: commands that would have changed the source.
    errors: NO and BAD so far; thrown_out: sessions that ended for having had too many.
    """

    def __init__(self, flavour: Flavour, door: Door, *, seconds: float = 0.0, tls: ssl.SSLContext | None = None) -> None:
        self.flavour, self.door, self.moods = flavour, door, Moods()
        self.moods_of: dict[str, Moods] = {}
        self.seconds = seconds
        self.tick: Callable[[], object] = lambda: None
        self.host, self.port = "127.0.0.1", 0
        self.sign_ins: Counter[str] = Counter()
        self.mechanisms: list[str] = []
        self.introductions: list[list[Word]] = []
        self.writes: list[str] = []
        self.errors = self.thrown_out = 0
        self.mistakes: list[Exception] = []
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"double of {flavour.name}", daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        if self.mistakes and error is None:
            raise AssertionError(f"the double did not know what to do: {self.mistakes[0]!r}") from self.mistakes[0]

    async def pause(self) -> None:
        """The work of one message."""
        self.tick()
        if self.seconds:
            await asyncio.sleep(self.seconds)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, self.host, 0, limit=2**20, ssl=self._tls)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await Session(self, reader, writer).play()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the client left, which is its right
        except HangUp as end:
            await _last_words(writer, end.text)
        except asyncio.CancelledError:
            writer.transport.abort()  # by __exit__
        except Exception as mistake:  # of the double: the test that plays with it is told at its end
            self.mistakes.append(mistake)
        finally:
            writer.close()

    async def _end(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _last_words(writer: asyncio.StreamWriter, text: str) -> None:
    """The BYE of who is thrown out between two commands."""
    try:
        writer.write(f"* BYE {text}\r\n".encode())
        await writer.drain()
    except ConnectionError:
        pass  # gone already
