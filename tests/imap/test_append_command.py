from __future__ import annotations

import asyncio

import pytest

from tests.imap.conftest import Play
from trasloco.imap import quirks
from trasloco.imap.client import Client
from trasloco.imap.dates import InternalDate
from trasloco.imap.errors import CommandFailed, ConnectionLost
from trasloco.imap.values import Appended


async def append(client: Client, content: bytes) -> Appended:
    command = client.append(b"INBOX")
    await command.message(len(content))
    await command.write(content)
    return await command.finish()


async def test_an_early_no_keeps_the_connection_in_step(play: Play) -> None:
    async with play("append_refused_early") as client:
        command = client.append(b"INBOX")
        await command.message(5, ["\\Seen"])
        while not command.answered:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await command.write(b"hello")
        pending = command.finish()
        with pytest.raises(CommandFailed, match="Quota exceeded") as failed:
            await pending
        assert failed.value.status.code == "OVERQUOTA"
        with pytest.raises(CommandFailed):
            await pending
        await client.noop()


async def test_whole_messages_go_only_where_nothing_is_to_be_awaited(play: Play) -> None:
    async with play("append_whole") as client:
        command = client.append(b"INBOX")
        assert not command.flows  # it has not got the line yet
        await command.message(1)
        assert not command.flows  # in the middle of a message
        await command.write(b"a")
        assert command.flows
        await command.whole([(b"bc", ["\\Seen"], InternalDate(0, 60)), (b"def", [], None)])
        pending = command.finish()
        assert not command.flows
        assert await pending == Appended(7, (1, 2, 3))


async def test_a_refusal_instead_of_plus(play: Play) -> None:
    async with play("append_refused") as client:
        with pytest.raises(CommandFailed, match=r"APPEND INBOX: NO \[TOOBIG\] Message too large"):
            await client.append(b"INBOX").message(5)
        await client.noop()


async def test_many_messages_and_commands_without_literal_plus(play: Play) -> None:
    async with play("append_many") as client:
        first = client.append(b"a b")
        await first.message(5, ["\\Seen", "$Forwarded"], InternalDate(837596665, -420))
        await first.write(b"hel")
        assert first.bytes_left == 2
        with pytest.raises(ValueError):
            await first.write(b"loo")
        with pytest.raises(RuntimeError):
            first.finish()
        await first.write(memoryview(b"lo"))
        await first.message(3)
        await first.write(b"you")
        pending = first.finish()
        assert await append(client, b"hi") == Appended(1, (7,))
        assert await pending == Appended(38505, (3955, 3956))
        assert pending.done


async def test_literal_minus(play: Play) -> None:
    async with play("append_literal_minus") as client:
        assert await append(client, b"hello") == Appended(None, None)
        with pytest.raises(CommandFailed, match="enough"):
            await client.append(b"INBOX").message(4097)


async def test_append_uid_that_cannot_be_right(play: Play) -> None:
    async with play("append_uid_quirks") as client:
        assert await append(client, b"a") == Appended(None, None)
        assert client.quirks == {quirks.UIDPLUS_WITHOUT_APPENDUID.name}
        assert await append(client, b"b") == Appended(9, None)
        assert quirks.APPENDUID_COUNT.name in client.quirks
        assert await append(client, b"c") == Appended(None, None)


async def test_flags_that_would_break_the_command(play: Play) -> None:
    async with play("append_refused") as client:
        for flag in ("", "a b", "a)", "a\r\nt9 DELETE INBOX", '"', "{5}"):
            with pytest.raises(ValueError):
                await client.append(b"INBOX").message(5, [flag])
        with pytest.raises(ValueError, match="BINARY"):
            await client.append(b"INBOX").message(5, binary=True)


async def test_after_the_end(play: Play) -> None:
    async with play("append_refused_early") as client:
        command = client.append(b"INBOX")
        await command.message(5)
        client.abort()
        with pytest.raises(ConnectionLost):
            await command.write(b"hello")
        with pytest.raises(ConnectionLost):
            await command.finish()
        with pytest.raises(ConnectionLost):
            await client.append(b"INBOX").message(5)
