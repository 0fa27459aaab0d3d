from __future__ import annotations

import asyncio
import gc

import pytest

from tests.imap.conftest import endpoint_of
from trasloco.imap.client import Client, connect
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.errors import DeadlineExceeded, LimitExceeded
from trasloco.imap.limits import Limits
from trasloco.imap.values import Fetched
from trasloco.testing.scripted_server import ScriptedServer

PREAUTH = "S: * PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] hi\n"
LINE = "x" * 998


def big_bodies(count: int, lines: int) -> str:
    """A script of ``count`` messages of ``lines`` times 1000 bytes."""
    text = PREAUTH + f"C: t1 UID FETCH 1:{count} (UID BODY.PEEK[])\n"
    for uid in range(1, count + 1):
        text += f"S: * {uid} FETCH (UID {uid} BODY[] {{{lines * 1000}}}\n" + f"S: {LINE}\n" * lines + "S: )\n"
    return text + "S: t1 OK\nC: t2 NOOP\nS: t2 OK\n"


def held(client: Client) -> int:
    return client._connection._held


async def test_a_slow_reader_stops_the_socket() -> None:
    async with ScriptedServer(big_bodies(3, 8000)) as server:
        client = await connect(endpoint_of(server), limits=Limits(buffered=100_000))
        stream = client.bodies([1, 2, 3])
        body = await anext(stream)
        await anext(body)
        await asyncio.sleep(0.3)
        assert 0 < held(client) < 1_000_000  # 24 MB are waiting at the other end
        size = 0
        async for chunk in body:
            size += len(chunk)
            assert held(client) < 1_000_000
        assert body.finished
        # who waits for an answer behind the stream gets it: the messages between are kept meanwhile
        await asyncio.wait_for(client.noop(), 10)
        assert held(client) > 10_000_000
        await stream.finish()
        assert held(client) == 0
        client.abort()


async def test_a_list_behind_messages_waits_for_its_turn_and_keeps_the_socket_slow() -> None:
    big = big_bodies(3, 8000)
    behind = "C: t2 EXAMINE next\nS: * 1 EXISTS\nS: t2 OK\nC: t3 UID FETCH 1:* (UID FLAGS)\nS: * 1 FETCH (UID 1 FLAGS ())\nS: t3 OK\n"
    async with ScriptedServer(big[: big.index("C: t2")] + behind) as server:
        client = await connect(endpoint_of(server), limits=Limits(buffered=100_000))
        stream, turn = client.bodies([1, 2, 3]), asyncio.Event()
        found: list[Fetched] = []
        listing = asyncio.ensure_future(client.examine_and_fetch(b"next", (("1:*", ("UID", "FLAGS"), None),), found.append, turn=turn))
        body = await anext(stream)
        await anext(body)
        await asyncio.sleep(0.3)
        assert 0 < held(client) < 1_000_000
        await stream.finish()
        assert not listing.done()
        turn.set()
        assert (await asyncio.wait_for(listing, 10)).exists == 1
        assert [item.uid for item in found] == [1]
        client.abort()


async def test_a_server_that_takes_nothing() -> None:
    async with ScriptedServer(PREAUTH + "wait 30\n") as server:
        client = await connect(endpoint_of(server), deadlines=Deadlines(write=0.2))
        append = client.append(b"INBOX")
        await append.message(100_000_000)
        with pytest.raises(DeadlineExceeded) as failure:
            for _ in range(100):
                await append.write(b"x" * 1_000_000)
        assert failure.value.name == "write"
        assert client.closed


async def test_nothing_is_waited_for_while_the_writer_is_at_work() -> None:
    """A slow source must not look like a silent destination."""
    script = PREAUTH + "C: t1 APPEND INBOX {2+}\nC: hi\nS: t1 OK\n"
    async with ScriptedServer(script) as server:
        client = await connect(endpoint_of(server), deadlines=Deadlines(command=0.1, idle_body=0.1))
        append = client.append(b"INBOX")
        await append.message(2)
        await asyncio.sleep(0.35)
        await append.write(b"hi")
        await append.finish()
        client.abort()


async def test_a_reader_who_leaves_keeps_nothing() -> None:
    lines = "".join(f"S: * {uid} FETCH (UID {uid} FLAGS ())\n" for uid in range(1, 2001))
    script = PREAUTH + "C: t1 UID FETCH 1:* (UID FLAGS)\n" + lines + "S: t1 OK\nC: t2 NOOP\nS: t2 OK\n"
    async with ScriptedServer(script) as server:
        client = await connect(endpoint_of(server), limits=Limits(buffered=10_000))
        fetching = client.fetch("1:*", ["FLAGS"])
        await anext(fetching)
        await fetching.aclose()  # type: ignore[attr-defined]
        await client.noop()
        assert held(client) == 0
        client.abort()
    gc.collect()


async def test_what_is_kept_for_others_has_an_end() -> None:
    async with ScriptedServer(big_bodies(2, 3000)) as server:
        client = await connect(endpoint_of(server), limits=Limits(buffered=100_000, kept=1_000_000))
        client.bodies([1, 2])
        with pytest.raises(LimitExceeded) as failure:
            await client.noop()
        assert failure.value.limit == "kept"
