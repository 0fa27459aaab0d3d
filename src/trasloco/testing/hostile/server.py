"""The server of one behaviour, on loopback, in the event loop of a thread that all of them share.

with HostileServers() as servers:
    port = servers.open(behaviour, "source")
"""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Self

from trasloco.testing.hostile.behaviour import Behaviour
from trasloco.testing.hostile.session import Folder, Over, Session, letter


class HostileServers:
    """Each ``open`` adds a server; all end together. connections: made so far, by port. mistakes: exceptions that no behaviour meant."""

    def __init__(self) -> None:
        self.connections: dict[int, int] = {}
        self.mistakes: list[Exception] = []
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hostile servers", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def open(self, behaviour: Behaviour, side: str) -> int:
        """A server with a few messages, as a source has them and a destination not; its port."""
        return asyncio.run_coroutine_threadsafe(self._listen(behaviour, side), self._loop).result(30)

    async def _listen(self, behaviour: Behaviour, side: str) -> int:
        folders = {b"INBOX": Folder(), b"Archive": Folder()}
        if side == "source":
            folders[b"INBOX"].messages = [(uid, letter(uid)) for uid in (1, 2, 3)]
            folders[b"Archive"].messages = [(uid, letter(uid + 10)) for uid in (1, 2)]
        port = 0

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            self.connections[port] = number = self.connections.get(port, 0) + 1
            await self._play(Session(behaviour, folders, reader, writer, number))

        server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=2**20)
        self._servers.append(server)
        port = int(server.sockets[0].getsockname()[1])
        return port

    async def _play(self, session: Session) -> None:
        try:
            await session.play()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, Over):
            pass  # the client left, or the behaviour has ended
        except asyncio.CancelledError:
            session.writer.transport.abort()
        except Exception as mistake:
            self.mistakes.append(mistake)
        finally:
            session.writer.close()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
