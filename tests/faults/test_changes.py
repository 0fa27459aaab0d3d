"""Other clients change either side between two runs, and while a run is under way."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from dataclasses import replace

import pytest

from tests.faults.conftest import OF_OTHERS, TWIN, meanwhile, recreate, settled
from trasloco.engine.account import RunStatus
from trasloco.engine.latecomers import QUIET
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.rehearsal import FAULTLESS, Rehearsal
from trasloco.testing.wire_faults import Linger, Poison, Way

LATE = Mail(b"Message-ID: <late@x>\r\nSubject: late\r\n\r\nI came while you were copying\r\n")
LATE_DIGEST = hashlib.sha256(LATE.content).hexdigest()
LEAF = ("Büro", "Verträge")
# begin: the batch is not asked for yet; settle: it is sent, its answer is there.
PLACES = [("begin", 1), ("begin", 2), ("begin", 3), ("settle", 1), ("settle", 2), ("complete", 1)]
places = pytest.mark.parametrize(("verb", "at"), PLACES, ids=[f"{verb}-{at}" for verb, at in PLACES])


@pytest.mark.parametrize("side", ["source", "destination"])
def test_uidvalidity_changed_between_two_runs(account: Rehearsal, side: str) -> None:
    account.run()
    line = getattr(account, side)
    before = line.snapshot(account.user).uidvalidity[LEAF]
    with line.filler(account.user) as filler:
        filler.append(LEAF, [Mail(b"Subject: no Message-ID\r\n\r\n1\r\n"), Mail(b"Subject: no Message-ID\r\n\r\n2\r\n")])
    if side == "source":
        account.run(2)
    recreate(account, side, LEAF)
    assert line.snapshot(account.user).uidvalidity[LEAF] != before
    foreign = (
        OF_OTHERS
        if side == "source"
        else OF_OTHERS + _digests(b"Subject: no Message-ID\r\n\r\n1\r\n", b"Subject: no Message-ID\r\n\r\n2\r\n")
    )
    outcome = account.run(3)
    assert outcome.tally.copied == 0
    assert any(entry.action == "uidvalidity-changed" for entry in account.sink.entries)
    settled(account, 4, foreign)


def test_flags_changed_in_a_folder_that_the_source_has_renumbered(account: Rehearsal) -> None:
    """They are compared with those last seen under the old number; what the user changed on the destination stays."""
    with account.source.filler(account.user) as filler:
        filler.append(LEAF, [TWIN, replace(TWIN, flags=("\\Seen",)), TWIN])
    account.run()
    recreate(account, "source", LEAF)
    uids = [entry.uid for entry in account.source.snapshot(account.user)[LEAF]]
    with account.source.filler(account.user) as filler:
        filler.store(LEAF, uids[::2], "+FLAGS", "\\Answered", "$Forwarded")
        filler.store(LEAF, uids[:3], "-FLAGS", "\\Seen")
        filler.store(LEAF, uids[-2:-1], "-FLAGS", "\\Seen")
    theirs = account.destination.snapshot(account.user)[LEAF][1]
    with account.destination.filler(account.user) as filler:
        filler.store(LEAF, [theirs.uid], "+FLAGS", "\\Flagged")
    outcome = account.run(2)
    assert (outcome.failure, outcome.tally.copied) == (None, 0)
    changed = {entry.uid: entry.flags for entry in account.destination.snapshot(account.user)[LEAF]}[theirs.uid]
    assert "\\flagged" in changed
    settled(account, 3, verdict=FAULTLESS._replace(altered=1))


@places
@pytest.mark.parametrize("side", ["source", "destination"])
def test_uidvalidity_changed_inside_a_run(account: Rehearsal, side: str, verb: str, at: int) -> None:
    """The folder being copied is made anew under our hands, with the same mail in it."""
    with account.source.filler(account.user) as filler:
        filler.append(LEAF, [Mail(b"Subject: number %d\r\n\r\nx\r\n" % number) for number in range(12)])
        filler.delete(("INBOX",), range(1, 12))
    meanwhile(account, verb, at, lambda: recreate(account, side, LEAF))
    account.run(1)
    settled(account)


def test_words_of_a_dead_connection_arrive_in_a_renumbered_folder(account: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The intent has gone with the old numbers; what the network held back of its batch is there once all the same."""
    with account.source.filler(account.user) as filler:
        filler.delete(("INBOX",), range(1, 30))
        filler.delete(("Büro",), range(1, 30))
        filler.append(LEAF, [Mail(b"Subject: %d\r\n\r\n" % number + b"text\r\n" * 20_000) for number in range(3)])
    account.destination.proxy.arm(Linger(30_000, 0.5))
    account.longest = QUIET
    sleep = Rehearsal._sleep

    async def renumber(rehearsal: Rehearsal, seconds: float) -> None:
        if seconds != QUIET and not rehearsal.pauses:
            recreate(rehearsal, "source", LEAF)
        await sleep(rehearsal, min(seconds, 0.01) if seconds != QUIET else seconds)

    monkeypatch.setattr(Rehearsal, "_sleep", renumber)
    outcome = account.run()
    assert account.destination.proxy.fired
    assert outcome.failure is None
    deadline = time.monotonic() + 60
    while account.destination.proxy.links and time.monotonic() < deadline:
        time.sleep(0.05)  # until the words have arrived
    settled(account, 2, OF_OTHERS + _digests(TWIN.content))


@places
def test_messages_delivered_on_the_source_while_copying(account: Rehearsal, verb: str, at: int) -> None:
    outcome = meanwhile(account, verb, at, lambda: _append(account, "source"))
    assert outcome.failure is None
    assert account.run(2).failure is None
    settled(account, 3)


@places
def test_messages_delivered_on_the_destination_while_copying(account: Rehearsal, verb: str, at: int) -> None:
    outcome = meanwhile(account, verb, at, lambda: _append(account, "destination"))
    assert outcome.failure is None
    settled(account, 2, OF_OTHERS + Counter({LATE_DIGEST: 1}))


@pytest.mark.parametrize("at", [1, *range(5, 10)])
def test_poison_message_and_mail_delivered_while_copying(account: Rehearsal, at: int) -> None:
    """The source hangs up at a message, and there is new mail that might be it: it is not read for ever to find out."""
    with account.source.filler(account.user) as filler:
        filler.append(("INBOX",), [Mail(b"Subject: bad\r\n\r\nPOISON\r\n"), Mail(b"Subject: good\r\n\r\nx\r\n")])
    account.source.proxy.arm(Poison(b"POISON", Way.TO_CLIENT))
    outcome = meanwhile(account, "begin", at, lambda: _append(account, "destination"))
    assert outcome.failure is None
    assert outcome.tally.refused == 1
    account.clear()
    assert account.run(2).tally.copied == 1
    settled(account, 3, OF_OTHERS + Counter({LATE_DIGEST: 1}))


@places
def test_messages_expunged_on_the_source_while_copying(account: Rehearsal, verb: str, at: int) -> None:
    """Those that were gone before they could be read have vanished; those copied before stay."""

    def expunge() -> None:
        with account.source.filler(account.user) as filler:
            filler.delete(("INBOX",), [2, 5, 6, 11])

    there = account.source.snapshot(account.user).digests()
    outcome = meanwhile(account, verb, at, expunge)
    assert outcome.failure is None
    assert outcome.tally.refused == 0
    gone = there - account.source.snapshot(account.user).digests()
    assert account.verdict(OF_OTHERS + gone) == FAULTLESS
    settled(account, 2, OF_OTHERS + gone)


@places
def test_messages_expunged_on_the_destination_while_copying(account: Rehearsal, verb: str, at: int) -> None:
    """What the user throws away there is not brought back, and nothing else is missing."""

    def expunge() -> None:
        uids = [entry.uid for entry in account.destination.snapshot(account.user)["INBOX"]]
        with account.destination.filler(account.user) as filler:
            filler.delete(("INBOX",), uids)

    outcome = meanwhile(account, verb, at, expunge)
    assert outcome.failure is None
    account.clear()
    before = account.destination.snapshot(account.user)
    assert account.verdict(OF_OTHERS).doubled == 0
    assert account.run(2).failure is None
    assert account.destination.snapshot(account.user) == before


@places
def test_source_folder_deleted_while_copying(account: Rehearsal, verb: str, at: int) -> None:
    """Nothing is lost that could still be read: what was copied stays, the other folders are whole."""

    def remove() -> None:
        with account.source.filler(account.user) as filler:
            filler.remove(LEAF)

    there = account.source.snapshot(account.user).digests()
    meanwhile(account, verb, at, remove)
    account.run(2)
    gone = there - account.source.snapshot(account.user).digests()
    settled(account, 3, OF_OTHERS + gone)


@places
def test_destination_folder_deleted_while_copying(account: Rehearsal, verb: str, at: int) -> None:
    def remove() -> None:
        with account.destination.filler(account.user) as filler:
            filler.remove(LEAF)

    outcome = meanwhile(account, verb, at, remove)
    assert outcome.status is not RunStatus.FAILED
    assert account.run(2).failure is None
    settled(account, 3)


@places
@pytest.mark.parametrize("side", ["source", "destination"])
def test_folder_created_while_copying(account: Rehearsal, side: str, verb: str, at: int) -> None:
    def create() -> None:
        with getattr(account, side).filler(account.user) as filler:
            filler.create(("Neu",))
            filler.append(("Neu",), [LATE])

    assert meanwhile(account, verb, at, create).failure is None
    assert account.run(2).failure is None
    settled(account, 3, OF_OTHERS + (Counter() if side == "source" else Counter({LATE_DIGEST: 1})))


@places
def test_source_folder_renamed_while_copying(account: Rehearsal, verb: str, at: int) -> None:
    """Its mail arrives under one name or the other; none of it is missing."""

    def rename() -> None:
        with account.source.filler(account.user) as filler:
            filler.rename(LEAF, ("Contratti",))

    meanwhile(account, verb, at, rename)
    assert account.run(2).failure is None
    account.clear()
    assert account.verdict(OF_OTHERS).lost == 0
    before = account.destination.snapshot(account.user)
    assert account.run(3).failure is None
    assert account.destination.snapshot(account.user) == before


@places
def test_destination_folder_renamed_while_copying(account: Rehearsal, verb: str, at: int) -> None:
    def rename() -> None:
        with account.destination.filler(account.user) as filler:
            filler.rename(LEAF, ("Contratti",))

    meanwhile(account, verb, at, rename)
    assert account.run(2).failure is None
    account.clear()
    assert account.verdict(OF_OTHERS).lost == 0
    before = account.destination.snapshot(account.user)
    assert account.run(3).failure is None
    assert account.destination.snapshot(account.user) == before


def test_destination_folder_deleted_between_two_runs(account: Rehearsal) -> None:
    account.run()
    with account.destination.filler(account.user) as filler:
        filler.remove(LEAF)
    assert account.run(2).failure is None
    settled(account, 3)


def _append(account: Rehearsal, side: str) -> None:
    with getattr(account, side).filler(account.user) as filler:
        filler.append(("INBOX",), [LATE])


def _digests(*contents: bytes) -> Counter[str]:
    return Counter(hashlib.sha256(content).hexdigest() for content in contents)
