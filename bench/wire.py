"""What the wire costs us: parsing an inventory, and relaying messages from one server to another.

    python bench/wire.py

The two servers are a child process that does nothing but send prepared bytes and count what it
gets, over loopback: what is measured is our own side. Prints one line per figure.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from typing import Any

import uvloop

from trasloco.imap import dates
from trasloco.imap.client import Client, connect
from trasloco.imap.dates import InternalDate
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.fragments import Fragments, Line
from trasloco.imap.grammar import parse
from trasloco.imap.limits import Limits
from trasloco.imap.number_set import expand, parse_set

_LINE = b'* %d FETCH (UID %d FLAGS (\\Seen \\Answered) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE 4286)\r\n'
_GREETING = b"* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+ MULTIAPPEND UIDPLUS] ready\r\n"
_FETCH = re.compile(rb"(t\d+) UID FETCH (\S+) ")
_LITERAL = re.compile(rb"\{(\d+)\+\}\r\n$")


def measure_parsing(count: int = 200_000) -> None:
    data = b"".join(_LINE % (number, number) for number in range(count))
    fragments, limits, found = Fragments(Limits()), Limits(), 0
    started = time.perf_counter()
    for start in range(0, len(data), 65536):
        fragments.feed(data[start : start + 65536])
        while (line := fragments.take()) is not None:
            assert isinstance(line, Line)
            parse((line.text,), limits)
            found += 1
    show("inventory line, bytes to value", f"{(time.perf_counter() - started) / found * 1e6:.2f} µs")
    started = time.perf_counter()
    for _ in range(count):
        dates.parse(b"17-Jul-1996 02:44:25 -0700")
    show("INTERNALDATE", f"{(time.perf_counter() - started) / count * 1e6:.2f} µs")


def serve(pipe: Pipe, size: int) -> None:
    """The child: one source of messages of ``size`` bytes, one destination that swallows them."""
    content = (b"x" * 70 + b"\r\n") * (size // 72 + 1)
    handlers: list[Callable[[socket.socket], None]] = [lambda sock: source(sock, content[:size]), swallow]
    ports = []
    for handler in handlers:
        listener = socket.create_server(("127.0.0.1", 0))
        ports.append(listener.getsockname()[1])
        threading.Thread(target=_serve, args=(listener, handler), daemon=True).start()
    pipe.send(ports)
    pipe.recv()


def source(sock: socket.socket, content: bytes) -> None:
    sock.sendall(_GREETING)
    with sock.makefile("rb") as lines:
        for line in lines:
            match = _FETCH.match(line)
            assert match is not None
            for uid in expand(parse_set(match.group(2)), 1_000_000):
                sock.sendall(b"* %d FETCH (UID %d BODY[] {%d}\r\n%b)\r\n" % (uid, uid, len(content), content))
            sock.sendall(match.group(1) + b" OK done\r\n")


def _serve(listener: socket.socket, handle: Callable[[socket.socket], None]) -> None:
    with contextlib.suppress(ConnectionError):  # the client goes when it has measured
        handle(listener.accept()[0])


def swallow(sock: socket.socket) -> None:
    sock.sendall(_GREETING)
    with sock.makefile("rb", buffering=1024 * 1024) as lines:
        tag, count, uid = b"", 0, 1
        while line := lines.readline():
            tag = tag or line.split(b" ", 1)[0]
            if match := _LITERAL.search(line):
                left = int(match.group(1))
                while left:
                    left -= len(lines.read(min(left, 1024 * 1024)))
                count += 1
            else:
                sock.sendall(b"%b OK [APPENDUID 1 %d:%d] done\r\n" % (tag, uid, uid + count - 1))
                tag, uid, count = b"", uid + count, 0


async def relay(ports: list[int], count: int, batch: int) -> float:
    """Seconds for ``count`` messages in batches, two batches fetched ahead."""
    ends = [await connect(Endpoint("localhost", port, Security.PLAIN, address="127.0.0.1")) for port in ports]
    here, there = ends
    started = time.perf_counter()
    batches = [list(range(start, min(start + batch, count + 1))) for start in range(1, count + 1, batch)]
    streams = [here.bodies(uids) for uids in batches[:2]]
    pending = []
    for number in range(len(batches)):
        if number + 2 < len(batches):
            streams.append(here.bodies(batches[number + 2]))
        pending.append(await one_batch(streams[number], there))
        if len(pending) > 2:
            await pending[-3]
    for answer in pending:
        await answer
    seconds = time.perf_counter() - started
    for client in ends:
        client.abort()
    return seconds


async def one_batch(stream: Any, there: Client) -> Any:
    append = there.append(b"INBOX")
    date = InternalDate(1_000_000_000, 120)
    async for body in stream:
        await append.message(body.size, ("\\Seen",), date)
        async for chunk in body:
            await append.write(chunk)
    await stream.finish()
    return append.finish()


def measure_relay(loop: str, size: int, count: int, batch: int) -> None:
    parent, child = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(child, size), daemon=True)
    process.start()
    factory = uvloop.new_event_loop if loop == "uvloop" else asyncio.new_event_loop
    cpu = time.process_time()
    with asyncio.Runner(loop_factory=factory) as runner:
        seconds = runner.run(relay(parent.recv(), count, batch))
    cpu = time.process_time() - cpu
    parent.send("done")
    process.join()
    rate = f"{count / seconds:8.0f} messages/s  {count * size / seconds / 1e6:6.0f} MB/s  {cpu / count * 1e6:8.1f} µs of CPU each"
    show(f"relay of {size} bytes, {loop}", rate)


def show(what: str, figure: str) -> None:
    sys.stdout.write(f"{what:42} {figure}\n")


def main() -> None:
    measure_parsing()
    for loop in ("asyncio", "uvloop"):
        measure_relay(loop, 5_000, 40_000, 500)
        measure_relay(loop, 100_000, 5_000, 80)
        measure_relay(loop, 20_000_000, 20, 1)


if __name__ == "__main__":
    main()
