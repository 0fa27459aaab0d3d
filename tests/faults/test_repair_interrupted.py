"""The repair ladder is interrupted at each step: a mended message is there once, the others are as they were, none is missing."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.engine.test_cut_at_every_write import run_and_stop
from trasloco.engine.fate import Fate
from trasloco.engine.ledger import MessageRow
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.rehearsal import Line, Rehearsal, lines
from trasloco.testing.wire_killer import Killer

GOOD = [b"Message-ID: <good-%d@x>\r\nSubject: good\r\n\r\nbody %d\r\n" % (number, number) for number in range(5)]
BROKEN = [
    b"Message-ID: <broken@x>\r\nSubject: broken\r\nthis is no field\r\nFrom: a@x\r\n\r\nbody\r\n",
    b"Subject: no Message-ID\r\nthis is no field either\r\n\r\nbody\r\n",
]
"""What Cyrus refuses as it is."""


@pytest.fixture(scope="module")
def repair_lines(dovecot_source: Dovecot, cyrus: Cyrus) -> Iterator[tuple[Line, ...]]:
    with lines(dovecot_source, cyrus) as both:
        yield both


def _account(both: tuple[Line, ...], user: str) -> Rehearsal:
    account = Rehearsal(both[0], both[1], user)
    account.clear()
    with account.source.filler(user) as filler:
        filler.append(("INBOX",), [Mail(content) for content in (GOOD[0], BROKEN[0], *GOOD[1:4], BROKEN[1], GOOD[4])])
    return account


def _rows(account: Rehearsal) -> list[MessageRow]:
    async def read() -> list[MessageRow]:
        found: list[MessageRow] = []
        for record in await account.ledger.folders():
            async for rows in account.ledger.rows(record.id):
                found += rows
        return found

    return asyncio.run(read())


def _resumed(account: Rehearsal, where: str) -> None:
    """Run to its end; each message once, the two broken ones mended, and one more run changes nothing."""
    outcome = account.run(1)
    assert outcome.failure is None, where
    assert (outcome.tally.source, outcome.tally.refused) == (7, 0), where
    there = account.destination.snapshot(account.user)
    assert there.total == 7, where
    good = Counter(hashlib.sha256(content).hexdigest() for content in GOOD)
    assert good <= there.digests(), where
    rows = _rows(account)
    assert Counter(row.fate for row in rows) == Counter({Fate.COPIED: 7}), where
    assert sum("repaired (headers)" in row.reason for row in rows) == 2, where
    assert len({row.destination_uid for row in rows}) == 7, where
    account.run(2)
    assert account.destination.snapshot(account.user) == there, where


@pytest.mark.timeout(300)
def test_killed_at_every_wire_write_while_messages_are_repaired(
    repair_lines: tuple[Line, ...], fresh_user: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole and half of it sent by turns."""
    at, killed = 0, True
    while killed:
        at += 1
        account = _account(repair_lines, fresh_user())
        with monkeypatch.context() as patch:
            killed = Killer(patch, at, half=at % 2 == 0).run(account, 1)
        _resumed(account, f"killed at write {at}")
    assert at > 20


@pytest.mark.timeout(300)
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_stopped_at_every_ledger_write_while_messages_are_repaired(
    repair_lines: tuple[Line, ...], fresh_user: Callable[[], str], done: bool, halves: Callable[[bool], Iterator[int]]
) -> None:
    for at in halves(done):
        account = _account(repair_lines, fresh_user())
        stopped = run_and_stop(account, at, 1, done)
        _resumed(account, f"stopped at ledger write {at}")
        if not stopped:
            break
    assert at > 12
