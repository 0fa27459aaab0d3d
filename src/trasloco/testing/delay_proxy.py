"""A TCP proxy that puts a distance between a client and a real server, and counts round trips.

    with DelayProxy(server.host, server.port, 0.05) as proxy:
        ... a client at proxy.host, proxy.port ...
        assert proxy.turns <= 8

Each direction delays every byte by half of the round trip and changes nothing else: order and bandwidth
stay. As on a real line only so much is on its way (``WINDOW``); then the sender is read no further. The
handshake of TCP itself is not delayed.

A *turn* is what a round trip is for an application: the client sends after it has heard something from
the server, so it may have waited for that. Whatever is sent ahead in one go is one turn. While messages
stream both ways turns say little; where a client asks and waits, they are exact.

It may also be narrow: so many bytes a second in each direction of each connection, as from a server that gives every
session its share. And it counts how many connections clients have open at once: what a server would see of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections import deque
from types import TracebackType
from typing import Self, cast

WINDOW = 8 * 1024 * 1024
"""Bytes on their way in one direction before the sender is read no further."""


class DelayProxy:
    """See the module. seconds: the round trip added. rate: bytes a second of each direction, None for all there are.
    listen: the address of this machine under which it is found.

    turns, connections, bytes_up, bytes_down, most (connections open at once): since ``reset``.
    """

    def __init__(self, host: str, port: int, seconds: float = 0.0, rate: float | None = None, listen: str = "127.0.0.1") -> None:
        self.server = (host, port)
        self.host = listen
        self.half = seconds / 2
        self.rate = rate
        self.port = 0
        self.open = 0
        self.reset()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="delay-proxy")
        self._listener: asyncio.Server | None = None
        self.links: set[_Link] = set()

    def reset(self) -> None:
        """Count anew."""
        self.turns = self.connections = self.bytes_up = self.bytes_down = 0
        self.most = self.open

    def count(self, more: int) -> None:
        """A client has come, or has gone."""
        self.open += more
        self.most = max(self.most, self.open)

    def __enter__(self) -> Self:
        self._thread.start()
        self._in_loop(self._listen())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._in_loop(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # -- within, all on the loop

    def _in_loop(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)  # type: ignore[arg-type]

    async def _listen(self) -> None:
        self._listener = await self._loop.create_server(lambda: _Client(self), self.host, 0, backlog=512)
        self.port = int(self._listener.sockets[0].getsockname()[1])

    async def _end(self) -> None:
        assert self._listener is not None
        self._listener.close()
        for link in tuple(self.links):
            link.abort()
        await asyncio.sleep(0)


class _Pipe:
    """One direction: what came in goes out half a round trip later, the end of the stream too."""

    def __init__(self, half: float, rate: float | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._half, self._rate = half, rate
        self._free_at = 0.0  # when all that came before has gone out, where the line is narrow
        self._waiting: deque[tuple[float, bytes]] = deque()  # b"" is the end
        self._held = 0
        self._timer: asyncio.TimerHandle | None = None
        self._blocked = False
        self._paused = False
        self.source: asyncio.Transport | None = None
        self.target: asyncio.Transport | None = None

    def put(self, data: bytes) -> None:
        now = self._loop.time()
        if self._rate is not None:
            now = self._free_at = max(now, self._free_at) + len(data) / self._rate
        self._waiting.append((now + self._half, data))
        self._held += len(data)
        if self._held > WINDOW and not self._paused and self.source is not None:
            self._paused = True
            self.source.pause_reading()
        self.push()

    @property
    def pending(self) -> float:
        """Seconds until a narrow line has let all of it out."""
        return max(0.0, self._free_at - self._loop.time())

    def push(self) -> None:
        """Hand on what is due."""
        if self._timer is not None or self._blocked or self.target is None:
            return
        now = self._loop.time()
        due: list[bytes] = []
        while self._waiting and self._waiting[0][0] <= now:
            data = self._waiting.popleft()[1]
            if not data:
                self._hand_on(due)
                with contextlib.suppress(OSError):  # it has gone by itself
                    self.target.write_eof()
                return
            due.append(data)
        self._hand_on(due)
        if self._waiting and not self._blocked:
            self._timer = self._loop.call_at(self._waiting[0][0], self._ring)

    def _ring(self) -> None:
        self._timer = None
        self.push()

    def _hand_on(self, due: list[bytes]) -> None:
        if due and self.target is not None:
            joined = b"".join(due)
            self._held -= len(joined)
            self.target.write(joined)
            if self._paused and self._held <= WINDOW // 2 and self.source is not None and not self.source.is_closing():
                self._paused = False
                self.source.resume_reading()

    def block(self, blocked: bool) -> None:
        """The target takes no more for now, or takes again."""
        self._blocked = blocked
        if not blocked:
            self.push()


class _Link:
    """A client's connection and the one to the server that belongs to it."""

    def __init__(self, proxy: DelayProxy) -> None:
        self.proxy = proxy
        self.up, self.down = _Pipe(proxy.half, proxy.rate), _Pipe(proxy.half, proxy.rate)
        self.heard = True  # connecting counts as the first turn, so the first word after the greeting is the second
        self.gone = False
        proxy.links.add(self)

    def abort(self) -> None:
        self.gone = True
        self.proxy.links.discard(self)
        for transport in (self.up.source, self.down.source):
            if transport is not None:
                transport.abort()

    def lost(self, error: Exception | None, onward: _Pipe) -> None:
        """One end is gone: a broken line breaks at once, a closed one when what was sent has arrived."""
        if self.gone:
            return
        if error is not None or onward.target is None or onward.target.is_closing():
            self.abort()
        else:
            onward.put(b"")
            asyncio.get_running_loop().call_later(onward.pending + self.proxy.half + 0.05, self.abort)


class _Client(asyncio.Protocol):
    """The client's end."""

    def __init__(self, proxy: DelayProxy) -> None:
        self._link = _Link(proxy)
        self._here = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        link, proxy = self._link, self._link.proxy
        self._here = True
        proxy.count(1)
        proxy.connections += 1
        proxy.turns += 1
        link.up.source = link.down.target = _plain(transport)
        loop = asyncio.get_running_loop()
        loop.create_task(self._reach()).add_done_callback(lambda task: link.abort() if task.exception() else None)

    async def _reach(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: _Server(self._link), *self._link.proxy.server)

    def data_received(self, data: bytes) -> None:
        link, proxy = self._link, self._link.proxy
        proxy.bytes_up += len(data)
        if link.heard:
            proxy.turns += 1
            link.heard = False
        link.up.put(data)

    def eof_received(self) -> bool:
        self._leave()
        self._link.up.put(b"")
        return True

    def pause_writing(self) -> None:
        self._link.down.block(True)

    def resume_writing(self) -> None:
        self._link.down.block(False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        self._link.lost(exc, self._link.up)

    def _leave(self) -> None:
        """For the client it is over, whatever is still on its way."""
        if self._here:
            self._here = False
            self._link.proxy.count(-1)


class _Server(asyncio.Protocol):
    """The server's end."""

    def __init__(self, link: _Link) -> None:
        self._link = link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        link = self._link
        link.down.source = link.up.target = _plain(transport)
        if link.gone:
            transport.abort()  # type: ignore[attr-defined] # an asyncio.Transport
        link.up.push()

    def data_received(self, data: bytes) -> None:
        link, proxy = self._link, self._link.proxy
        proxy.bytes_down += len(data)
        link.heard = True
        link.down.put(data)

    def eof_received(self) -> bool:
        self._link.down.put(b"")
        return True

    def pause_writing(self) -> None:
        self._link.up.block(True)

    def resume_writing(self) -> None:
        self._link.up.block(False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.lost(exc, self._link.down)


def _plain(transport: asyncio.BaseTransport) -> asyncio.Transport:
    found = cast(asyncio.Transport, transport)
    found.set_write_buffer_limits(high=1024 * 1024)
    with contextlib.suppress(OSError, AttributeError):
        found.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found
