"""What a dead connection had sent arrives after it was looked for: each message is there once, whoever was interrupted where.

The late copies are added by another client, byte for byte: a server cannot tell them from those that the network held back.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.engine.conftest import Account
from trasloco.engine.fate import Fate
from trasloco.engine.ledger import Ledger, MessageRow
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.mailbox_tree import Path

BOX: Path = ("Work",)
MAILS = [Mail(b"Message-ID: <%d@late>\r\nSubject: %d\r\n\r\ntext\r\n" % (number, number)) for number in range(3)]


class Stop(Exception):
    """The process ends here."""


class _StopsAt:
    """A ledger that ends the run at the ``at``-th call of one verb: before it is done, or after."""

    def __init__(self, inner: Ledger, verb: str, at: int, *, done: bool) -> None:
        self._inner, self._verb, self._left, self._done = inner, verb, at, done

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._inner, name)
        if name != self._verb:
            return verb

        async def call(*arguments: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._done:
                raise Stop
            result = await verb(*arguments, **named)
            if self._left == 0:
                raise Stop
            return result

        return call


@pytest.fixture
def letters(account: Account) -> Account:
    """Three letters in one folder, in one batch."""
    account.settings = replace(account.settings, together=False)
    with account.source_filler() as filler:
        filler.create(BOX)
        filler.append(BOX, MAILS)
    return account


def _stop(account: Account, verb: str, at: int = 1, *, done: bool = False) -> None:
    inner = account.ledger
    account.ledger = cast(Ledger, _StopsAt(inner, verb, at, done=done))
    with pytest.raises(Stop):
        account.run(1)
    account.ledger = inner


def _hold_back(account: Account) -> None:
    """What has arrived has not: the network has it still."""
    with account.destination_filler() as filler:
        filler.delete(BOX, [entry.uid for entry in account.destination()[BOX[0]]])


def _arrive(account: Account, *mails: Mail) -> None:
    with account.destination_filler() as filler:
        filler.append(BOX, mails or MAILS)


def _renumber(account: Account, side: str) -> None:
    """The same messages in a new folder of the same name."""
    client = account.source_filler if side == "source" else account.destination_filler
    with client() as filler:
        filler.create(("Anew",))
        filler.move(BOX, None, ("Anew",))
    with client() as filler:  # Dovecot ends a session that deletes the folder it has open
        filler.remove(BOX)
        filler.rename(("Anew",), BOX)


def _is_there_once(account: Account) -> bool:
    return account.destination().digests() == account.source().digests()


def test_a_batch_that_arrives_in_a_renumbered_folder_when_the_next_run_has_begun_is_there_once(letters: Account) -> None:
    _stop(letters, "settle")
    _hold_back(letters)
    _renumber(letters, "source")
    _stop(letters, "settle", 2)  # sent again, and nothing had arrived when it was looked for the last time
    _arrive(letters)
    letters.run(2)
    assert _is_there_once(letters)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("verb", ["settle", "narrow"])
def test_a_batch_sent_twice_is_there_once_wherever_its_recognition_is_stopped(letters: Account, verb: str, done: bool) -> None:
    _stop(letters, "settle")
    _hold_back(letters)
    _stop(letters, "settle")
    _arrive(letters)
    _stop(letters, verb, done=done)
    letters.run(1)
    assert _is_there_once(letters)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2])
def test_a_batch_that_arrives_bit_by_bit_is_there_once_wherever_recognition_is_stopped(letters: Account, at: int, done: bool) -> None:
    _stop(letters, "settle")
    _hold_back(letters)
    _stop(letters, "settle")
    _hold_back(letters)
    _arrive(letters, MAILS[0])
    _stop(letters, "narrow", at, done=done)
    _arrive(letters, *MAILS[1:], *MAILS)
    letters.run(1)
    assert _is_there_once(letters)


@pytest.mark.parametrize("at", [1, 2])
def test_what_a_user_copies_is_left_when_nothing_was_sent_twice(letters: Account, at: int) -> None:
    """The process died while it wrote down what had arrived: that is no second message on its way."""
    _stop(letters, "settle")
    _hold_back(letters)
    _arrive(letters, MAILS[0], MAILS[0])
    _stop(letters, "narrow", done=at == 2)
    letters.run(1)
    assert letters.destination().digests() - letters.source().digests() == _digests(MAILS[0])


def test_a_late_batch_is_looked_for_under_the_numbers_the_destination_has_now(letters: Account) -> None:
    with letters.destination_filler() as filler:
        filler.create(BOX)
        for _ in range(3):  # so that its numbers are high
            filler.append(BOX, [Mail(b"Subject: gone\r\n\r\n")] * 10)
    _hold_back(letters)
    _stop(letters, "settle")
    _hold_back(letters)
    _renumber(letters, "source")
    _stop(letters, "retire", done=True)
    _renumber(letters, "destination")
    _stop(letters, "settle", 2)  # sent again
    _arrive(letters)
    letters.run(1)
    assert _is_there_once(letters)


def test_the_only_copy_of_a_twin_is_not_taken_for_a_second_one(letters: Account) -> None:
    """Of its twin's copy nobody told the UID."""
    with letters.source_filler() as filler:
        filler.append(BOX, MAILS[:1])
    letters.run(1)

    async def forget_where() -> None:
        ledger = letters.ledger
        (folder,) = [record for record in await ledger.folders() if record.source_name == b"Work"]
        rows = [row async for chunk in ledger.rows(folder.id) for row in chunk]
        twins = [row for row in rows if row.digest == rows[0].digest]
        assert len(twins) == 2
        await ledger.record(folder.id, [replace(twins[1], destination_uid=None)])
        intent = await ledger.begin(folder.id, folder.destination_uidvalidity, 1, [twins[0].source_uid], [""])
        await ledger.narrow(intent, [twins[0].source_uid], [""])

    asyncio.run(forget_where())
    with letters.source_filler() as filler:
        filler.append(BOX, [Mail(b"Subject: new\r\n\r\n")])
    letters.run(2)
    assert _is_there_once(letters)
    assert [row.fate for row in _rows(letters)] == [Fate.COPIED] * 5


def _digests(*mails: Mail) -> Counter[str]:
    return Counter(hashlib.sha256(mail.content).hexdigest() for mail in mails)


def _rows(account: Account) -> list[MessageRow]:
    async def read() -> list[MessageRow]:
        (folder,) = [record for record in await account.ledger.folders() if record.source_name == b"Work"]
        return [row async for chunk in account.ledger.rows(folder.id) for row in chunk]

    return asyncio.run(read())
