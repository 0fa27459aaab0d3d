"""A TCP proxy before a real IMAP server that spoils the line by plan.

    with CuttingProxy(server.host, server.port) as proxy:
        proxy.arm(Cut(Way.TO_SERVER, 4711))
        ... a client at proxy.host, proxy.port ...
        assert proxy.fired

Runs on a loop of its own in a thread; ``arm``, ``refuse``, ``accept`` and ``cut_all`` may be called from
any other. Plain text only. Without a plan every byte passes as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

from trasloco.testing.wire_faults import Answer, Bye, Cut, Delay, Fault, Linger, Piece, Poison, Rewrite, Scanner, Stall, Way, command_of

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close sends RST and drops what was not sent
_ESTABLISHED = 1  # tcpi_state, the first byte of TCP_INFO (tcp(7), <netinet/tcp.h>)
T = TypeVar("T")


class _Over(Exception):
    """This connection has ended, by plan or because an end closed it."""


@dataclass
class Seen:
    """Counts since the plan was armed: bytes each way, commands by name, connections, and the most that were open at the same time."""

    bytes: Counter[Way] = field(default_factory=Counter)
    commands: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    most_open: int = 0


class CuttingProxy:
    """See the module. ``seen``: what passed since ``arm``. ``fired``: faults that happened, in order."""

    host = "127.0.0.1"

    def __init__(self, host: str, port: int) -> None:
        self.server = (host, port)
        self.port = 0
        self.plan: tuple[Fault, ...] = ()
        self.seen = Seen()
        self.fired: list[Fault] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="cutting-proxy")
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self.links: set[_Link] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self.accept()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.refuse()
        self.cut_all()
        self._in_loop(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def arm(self, *plan: Fault) -> None:
        """Begin counting anew, with this plan; without arguments: with none. Open connections stay."""

        async def do() -> None:
            self.plan, self.seen, self.fired = plan, Seen(), []

        self._in_loop(do())

    def refuse(self) -> None:
        """Nobody listens any more: new connections are refused, open ones stay."""
        self._in_loop(self._refuse())

    def accept(self) -> None:
        """Listen (again), on the port it had."""
        self._in_loop(self._accept())

    def refuse_for(self, seconds: float) -> None:
        """``refuse`` now, ``accept`` by itself later."""
        self.refuse()
        self._loop.call_soon_threadsafe(lambda: self._loop.call_later(seconds, lambda: self._loop.create_task(self._accept())))

    def cut_all(self, *, reset: bool = True) -> None:
        """End every open connection now."""

        async def do() -> None:
            for link in tuple(self.links):
                link.end(reset=reset)
                if link.task is not None:
                    link.task.cancel()

        self._in_loop(do())

    # -- within, all on the loop

    def _in_loop(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)  # type: ignore[arg-type]

    async def _accept(self) -> None:
        if self._listener is not None:
            return
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        listener.listen(64)
        listener.setblocking(False)
        self.port = int(listener.getsockname()[1])
        self._listener = listener
        self._accepting = self._loop.create_task(self._serve(listener))

    async def _refuse(self) -> None:
        if self._listener is not None and self._accepting is not None:
            self._accepting.cancel()
            await asyncio.wait([self._accepting])
            self._listener.close()
            self._listener = None

    async def _serve(self, listener: socket.socket) -> None:
        while True:
            client, _ = await self._loop.sock_accept(listener)
            link = _Link(self, client)
            self.links.add(link)
            # All of these were open when the first of them was looked at: one that ends while we look makes the number smaller.
            self.seen.most_open = max(self.seen.most_open, sum(each.open for each in self.links))
            self.seen.connections += 1
            link.task = self._loop.create_task(link.run())

    async def _finish(self) -> None:
        tasks = [link.task for link in self.links if link.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=5)

    def fire(self, fault: Fault, times: int = 1) -> bool:
        """Note that it happened; false when it has happened often enough."""
        if self.fired.count(fault) >= times:
            return False
        self.fired.append(fault)
        return True


class _Link:
    """One client and its connection to the server."""

    def __init__(self, proxy: CuttingProxy, client: socket.socket) -> None:
        self._proxy, self._client = proxy, client
        self._server: socket.socket | None = None
        self._loop = asyncio.get_running_loop()
        self.task: asyncio.Task[None] | None = None
        self._scanners = {way: Scanner() for way in Way}
        self._passed: Counter[Way] = Counter()
        self._commands: dict[bytes, tuple[str, int]] = {}
        self._answer: tuple[bytes, Answer] | None = None  # the command being swallowed
        self._own: list[bytes] = []  # answers of ours that wait for a place between two responses
        self._waiting = b""  # tag of the command whose literal waits for the server's "+"
        self._tag = b""
        self._dialogue = False  # the server has asked for more of a command: the next line is none
        self._greeted = False
        self._lingering: Linger | None = None
        self._kept: list[bytes] = []
        self._sending = (asyncio.Lock(), asyncio.Lock())

    @property
    def open(self) -> bool:
        """Whether the client has it open still, as the kernel knows: we may not have come to read its end yet."""
        if self._client.fileno() < 0:
            return False
        return self._client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _ESTABLISHED

    async def run(self) -> None:
        """Until either end closes, or the plan says so."""
        try:
            self._client.setblocking(False)
            self._server = socket.socket()
            self._server.setblocking(False)
            try:
                await self._loop.sock_connect(self._server, self._proxy.server)
            except OSError:
                self.end(reset=True)
                return
            for sock in (self._client, self._server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ways = [(Way.TO_SERVER, self._client, self._server), (Way.TO_CLIENT, self._server, self._client)]
            pumps = [self._loop.create_task(self._pump(*way)) for way in ways]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.wait(pumps)
        finally:
            self.end()
            self._proxy.links.discard(self)

    def end(self, *, reset: bool = False) -> None:
        """Close both ends. The server's way of closing becomes the client's and the other way round."""
        for sock in (self._client, self._server):
            if sock is not None and sock.fileno() >= 0:
                if reset:
                    with contextlib.suppress(OSError):
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                else:
                    with contextlib.suppress(OSError):
                        sock.shutdown(socket.SHUT_WR)
                self._loop.remove_reader(sock)
                self._loop.remove_writer(sock)
                sock.close()

    async def _pump(self, way: Way, here: socket.socket, there: socket.socket) -> None:
        reset = False
        try:
            while True:
                data = await self._loop.sock_recv(here, 65536)
                if not data:
                    return
                for fault in self._planned(Delay):
                    if fault.way is way:
                        await asyncio.sleep(fault.seconds)
                for piece in self._scanners[way].feed(data):
                    take = self._from_client if way is Way.TO_SERVER else self._from_server
                    await self._forward(way, there, take(piece), ends=piece.ends)
                    self._watch_for_poison(way, piece)
                await self._say_own()
        except ConnectionError:
            reset = True
        except (_Over, OSError):
            pass
        if reset:
            self.end(reset=True)

    def _planned(self, kind: type[T]) -> list[T]:
        return [fault for fault in self._proxy.plan if isinstance(fault, kind)]

    async def _forward(self, way: Way, there: socket.socket, data: bytes, *, ends: bool) -> None:
        """Pass bytes on, up to where a cut or a stall is planned."""
        if not data:
            return
        before = self._proxy.seen.bytes[way]
        for fault in self._proxy.plan:
            if isinstance(fault, Cut | Stall) and fault.way is way:
                await self._spoil(fault, there, data, self._passed[way] if isinstance(fault, Cut) and fault.times > 1 else before)
            elif isinstance(fault, Linger) and way is Way.TO_SERVER and before + len(data) > fault.at and self._proxy.fire(fault):
                self._lingering = fault
        if self._lingering is not None and way is Way.TO_SERVER:
            self._kept.append(data)
            if ends:
                await self._linger(self._lingering, there)
            return
        self._count(way, data)
        await self._send(there, data)

    async def _send(self, there: socket.socket, data: bytes) -> None:
        async with self._sending[there is self._client]:  # two pumps may speak to the client
            await self._loop.sock_sendall(there, data)

    def _count(self, way: Way, data: bytes) -> None:
        self._proxy.seen.bytes[way] += len(data)
        self._passed[way] += len(data)

    async def _spoil(self, fault: Cut | Stall, there: socket.socket, data: bytes, before: int) -> None:
        """A fault whose byte is among these happens now."""
        if not before <= fault.at < before + len(data) or not self._proxy.fire(fault, getattr(fault, "times", 1)):
            return
        last = data[: fault.at - before]
        self._count(fault.way, data)
        await self._send(there, last)
        if isinstance(fault, Stall):
            await asyncio.Event().wait()
            return
        if fault.reset:
            await asyncio.sleep(0.002)  # else the RST overtakes what was passed on before it
        self.end(reset=fault.reset)
        raise _Over

    async def _linger(self, fault: Linger, there: socket.socket) -> None:
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._loop.remove_reader(self._client)
        self._client.close()
        await asyncio.sleep(fault.seconds)
        await self._send(there, b"".join(self._kept))
        await asyncio.sleep(0.2)  # let the server take it before it sees the end
        raise _Over

    def _watch_for_poison(self, way: Way, piece: Piece) -> None:
        for fault in self._planned(Poison):
            if fault.way is way and piece.literal and fault.marker in piece.content:
                self._proxy.fired.append(fault)
                self.end(reset=True)
                raise _Over

    # -- what the client says

    def _from_client(self, piece: Piece) -> bytes:
        """What of it goes to the server."""
        if piece.starts:
            if self._dialogue:
                self._dialogue = False
                return piece.content
            self._begin(piece.content)
        if self._answer is not None:
            self._swallow(piece, *self._answer)
            return b""
        self._waiting = self._tag if piece.waits else b""
        return piece.content

    def _begin(self, line: bytes) -> None:
        tag, name = command_of(line)
        self._tag = tag
        self._proxy.seen.commands[name] += 1
        number = self._proxy.seen.commands[name]
        self._commands[tag] = (name, number)
        for bye in self._planned(Bye):
            if bye.command == name and bye.number == number and self._proxy.fire(bye):
                self._say_bye(bye)
        for answer in self._planned(Answer):
            if answer.command == name and answer.number <= number < answer.number + answer.times and not answer.forward:
                self._proxy.fired.append(answer)
                self._answer = (tag, answer)

    def _swallow(self, piece: Piece, tag: bytes, answer: Answer) -> None:
        """A command that we answer: its last piece, or a literal that waits for us, brings the answer."""
        if piece.waits:
            self._scanners[Way.TO_SERVER].no_literal()
        if piece.waits or piece.ends:
            self._own.append(tag + b" " + answer.words.encode() + b"\r\n")
            self._answer = None

    # -- what the server says

    def _from_server(self, piece: Piece) -> bytes:
        """What of it goes to the client, with what we have to say before it."""
        content = piece.content
        if not piece.starts:
            return content
        if not self._greeted:
            self._greeted = True
            for bye in self._planned(Bye):
                if not bye.command and bye.after is None and self._proxy.fire(bye):
                    self._say_bye(bye)
        for bye in self._planned(Bye):
            if bye.after is not None and self._proxy.seen.bytes[Way.TO_CLIENT] > bye.after and self._proxy.fire(bye):
                self._say_bye(bye)
        for rewrite in self._planned(Rewrite):
            content = re.sub(rewrite.pattern, rewrite.by, content)
        if content.startswith(b"+"):
            self._dialogue = not self._waiting
        else:
            content = self._tagged(content)
        return content

    def _tagged(self, content: bytes) -> bytes:
        """A tagged answer: is it to be replaced, does it refuse a literal?"""
        tag = content.split(b" ", 1)[0]
        name, number = self._commands.pop(tag, ("", 0)) if tag != b"*" else ("", 0)
        if tag == self._waiting:
            self._waiting = b""
            self._scanners[Way.TO_SERVER].no_literal()
        for answer in self._planned(Answer):
            if answer.forward and answer.command == name and answer.number <= number < answer.number + answer.times:
                self._proxy.fired.append(answer)
                return tag + b" " + answer.words.encode() + b"\r\n"
        return content

    def _say_bye(self, bye: Bye) -> None:
        with contextlib.suppress(OSError):
            self._client.send(b"* BYE " + bye.words.encode() + b"\r\n")
        self.end()
        raise _Over

    async def _say_own(self) -> None:
        """Our own answers, where no response of the server is open."""
        while self._own and self._scanners[Way.TO_CLIENT].at_boundary:
            line = self._own.pop(0)
            self._count(Way.TO_CLIENT, line)
            await self._send(self._client, line)


def hide(*capabilities: str) -> tuple[Rewrite, ...]:
    """The server seems to have none of these capabilities."""
    return tuple(Rewrite(rb"(?i) " + re.escape(name).encode() + rb"(?=[ \]\r])") for name in capabilities)
