from __future__ import annotations

import asyncio

import pytest

from tests.imap.conftest import Play
from trasloco.imap import body_stream, quirks
from trasloco.imap.body_stream import BodyStream
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.errors import CommandFailed, ConnectionLost, DeadlineExceeded, ProtocolViolation


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small messages are handed on in pieces, as large ones are."""
    monkeypatch.setattr(body_stream, "_SMALL", 0)


async def contents(stream: BodyStream) -> list[tuple[int | None, int, bool, bytes]]:
    return [(body.uid, body.size, body.nil, await body.read()) async for body in stream]


async def test_everything_a_body_can_be(play: Play) -> None:
    async with play("bodies") as client:
        stream = client.bodies([4, 5, 6, 7, 8, 9])
        assert await contents(stream) == [
            (4, 5, False, b"hello"),
            (5, 3, False, b"\0yz"),
            (6, 0, True, b""),
            (7, 0, True, b""),
            (8, 7, False, b'quo"ted'),
        ]
        await stream.finish()
        await client.noop()


async def test_a_body_is_finished_with_its_response(play: Play) -> None:
    async with play("bodies_late_uid") as client:
        stream = client.bodies([4, 5])
        body = await anext(stream)
        assert not body.finished
        assert await body.read() == b"hello"
        assert body.finished
        assert body.uid == 4
        body = await anext(stream)
        await body.discard()
        assert body.uid == 5
        await stream.finish()
        assert client.quirks == {quirks.LATE_UID.name, quirks.LITERAL_PLUS_MISSING.name}


async def test_answers_mixed_by_the_server(play: Play) -> None:
    async with play("bodies_mixed") as client:
        first, second = client.bodies([1, 2]), client.bodies([3])
        assert [(uid, text) for uid, _, _, text in await contents(first)] == [(1, b"one"), (2, b"two")]
        await first.finish()
        assert [(uid, text) for uid, _, _, text in await contents(second)] == [(3, b"three")]
        await second.finish()


async def test_the_last_words_of_the_server(play: Play) -> None:
    async with play("bodies_bye") as client:
        stream = client.bodies([1, 2])
        assert await (await anext(stream)).read() == b"one"
        with pytest.raises(ConnectionLost, match=r"during UID FETCH; the server said: Session expired, please login again\."):
            await anext(stream)
        with pytest.raises(ConnectionLost):
            await stream.finish()
        with pytest.raises(ConnectionLost, match="Session expired"):
            await client.noop()
        assert client.closed


@pytest.mark.usefixtures("streamed")
async def test_a_cut_inside_a_message(play: Play) -> None:
    async with play("bodies_cut") as client:
        body = await anext(client.bodies([1, 2]))
        with pytest.raises(ConnectionLost):
            await body.read()
        assert not body.finished


async def test_a_refusal_after_the_first(play: Play) -> None:
    async with play("bodies_refused") as client:
        stream = client.bodies([1, 2])
        assert len(await contents(stream)) == 1
        for _ in range(2):
            with pytest.raises(CommandFailed, match="Internal error reading message 2"):
                await stream.finish()
        await client.noop()


async def test_a_response_that_cannot_be_read_to_its_end(play: Play) -> None:
    async with play("bodies_unreadable") as client:
        stream = client.bodies([1, 2])
        body = await anext(stream)
        with pytest.raises(ProtocolViolation) as failure:
            await body.read()
        assert failure.value.in_step
        assert not body.finished
        assert await (await anext(stream)).read() == b"two"
        await stream.finish()


async def test_a_body_left_is_drained(play: Play) -> None:
    async with play("bodies") as client:
        stream = client.bodies([4, 5, 6, 7, 8, 9])
        left = await anext(stream)
        following = await anext(stream)
        assert following.uid == 5
        assert left.finished
        assert [chunk async for chunk in left] == []
        await stream.finish()
        await client.noop()


@pytest.mark.usefixtures("streamed")
async def test_a_cancelled_reader_ends_the_connection(play: Play) -> None:
    async with play("bodies_cut") as client:
        stream = client.bodies([1, 2])
        task = asyncio.create_task((await anext(stream)).read())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises((asyncio.CancelledError, ConnectionLost)):
            await task
        assert client.closed


@pytest.mark.usefixtures("streamed")
async def test_silence_inside_a_message(play: Play) -> None:
    async with play("bodies_quiet", Deadlines(idle_body=0.1)) as client:
        body = await anext(client.bodies([1]))
        with pytest.raises(DeadlineExceeded) as failure:
            await body.read()
        assert failure.value.name == "idle_body"
        assert client.closed


async def test_a_cut_inside_a_small_message(play: Play) -> None:
    async with play("bodies_cut") as client:
        with pytest.raises(ConnectionLost):
            await anext(client.bodies([1, 2]))


async def test_silence_inside_a_small_message(play: Play) -> None:
    async with play("bodies_quiet", Deadlines(idle_body=0.1)) as client:
        with pytest.raises(DeadlineExceeded) as failure:
            await anext(client.bodies([1]))
        assert failure.value.name == "idle_body"
        assert client.closed


async def test_whoever_waits_for_a_small_message_and_is_cancelled_ends_the_connection(play: Play) -> None:
    async with play("bodies_quiet") as client:
        task = asyncio.create_task(client.bodies([1]).has_come())
        await asyncio.sleep(0.05)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert client.closed


async def test_a_uid_told_too_late_to_be_put_right(play: Play) -> None:
    async with play("bodies_told_too_late") as client:
        first, second = client.bodies([1, 2]), client.bodies([3, 4])
        for stream in (first, second):
            with pytest.raises(ProtocolViolation, match="told only after message 3 which one it was"):
                await stream.finish()
        assert client.closed
