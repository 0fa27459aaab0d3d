from __future__ import annotations

import asyncio

import pytest

from tests.imap.conftest import Play, endpoint_of, script
from trasloco.imap.client import connect
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.errors import CommandFailed, ConnectionLost, DeadlineExceeded, LimitExceeded
from trasloco.imap.limits import Limits
from trasloco.imap.sasl import Credentials
from trasloco.imap.values import Namespace, Namespaces, Quota, Selected, Status
from trasloco.secret import Secret
from trasloco.testing.scripted_server import ScriptedServer


async def test_select_and_the_news_after_it(play: Play) -> None:
    async with play("select") as client:
        selected = await client.select(b"INBOX", read_only=False, condstore=True)
        flags = frozenset({"\\Answered", "\\Seen", "Junk"})
        assert selected == Selected(b"INBOX", 3, 1256, 4392, flags, frozenset({"\\Seen", "\\*"}), 715194045007)
        await client.noop()
        assert client.selected is not None
        assert client.selected.exists == 4
        await client.unselect()
        await client.unselect()
        with pytest.raises(CommandFailed, match=r"EXAMINE no such: NO \[NONEXISTENT\] Mailbox doesn't exist") as failed:
            await client.select(b"no such", read_only=True)
        assert not failed.value.is_bad
        old = await client.select(b"old", read_only=True)
        assert (old.read_only, old.uids_sticky, old.uidvalidity, old.permanent_flags) == (True, False, None, None)


async def test_the_small_commands(play: Play) -> None:
    async with play("session") as client:
        assert await client.identify({"name": "trasloco", "x": 'a"b'}) == {"name": "Dovecot", "version": ""}
        assert await client.enable("CONDSTORE", "QRESYNC") == {"CONDSTORE"}
        assert await client.namespaces() == Namespaces(
            (Namespace(b"INBOX.", "."),), (), (Namespace(b"Public/", "/"), Namespace(b"b", None))
        )
        assert await client.quota() == [Quota("User quota", "STORAGE", 10, 512), Quota("User quota", "MESSAGE", 3, 1000)]
        assert await client.quota() == []
        assert await client.statuses([b"INBOX", b"&AOk-"]) == {b"INBOX": Status(2), b"&AOk-": Status(7)}
        await client.logout()
        assert client.closed
        await client.logout()


async def test_search_and_its_limit(play: Play) -> None:
    async with play("search") as client:
        assert await client.search(b"UNSEEN") == [2, 10, 11, 12]
        with pytest.raises(LimitExceeded):
            await client.search(b"ALL")
        with pytest.raises(CommandFailed) as failed:
            await client.search(b"BAD CRITERIA")
        assert failed.value.is_bad


async def test_silence(play: Play) -> None:
    async with play("deadline", Deadlines(command=0.3)) as client:
        with pytest.raises(DeadlineExceeded, match=r"no answer within 0.3 seconds during NOOP \(deadline: command\)"):
            await client.noop()
        with pytest.raises(DeadlineExceeded):
            await client.noop()


async def test_a_line_beyond_the_limit_ends_the_connection(play: Play) -> None:
    async with play("too_long_line", limits=Limits(line=100)) as client:
        with pytest.raises(LimitExceeded) as failure:
            await client.noop()
        assert failure.value.limit == "line"
        assert client.closed


async def test_the_log_shows_commands_and_never_a_secret() -> None:
    lines: list[str] = []
    async with ScriptedServer(script("login_literal")) as server:
        client = await connect(endpoint_of(server), log=lines.append)
        await client.login(Credentials('an"na', Secret("päss")))
        client.abort()
    text = "\n".join(lines)
    assert "> t1 LOGIN" in text
    assert "< t1 OK" in text
    assert "päss" not in text
    assert "an" not in text.replace("ahead", "").replace("welcome", "").replace("ready", "").split()


async def test_everyone_who_waits_learns_of_the_end(play: Play) -> None:
    async with play("deadline") as client:
        waiting = [asyncio.create_task(client.noop()), asyncio.create_task(client.search(b"ALL"))]
        await asyncio.sleep(0)
        client.abort()
        for task in waiting:
            with pytest.raises(ConnectionLost, match="closed by us"):
                await task
