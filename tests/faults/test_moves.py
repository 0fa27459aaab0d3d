"""Messages and folders change their place, on either side, between two runs and while one is under way.

A message that was brought once is never brought again because it is somewhere else now.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest

from tests.faults.conftest import FOLDERS, OF_OTHERS, fill, meanwhile, recreate, settled
from trasloco.engine import lanes
from trasloco.engine.account import Outcome
from trasloco.engine.fate import Tally
from trasloco.imap.utf7 import decode_name
from trasloco.testing.cutting_proxy import hide
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.rehearsal import FAULTLESS, Line, Rehearsal
from trasloco.testing.wire_faults import Rewrite
from trasloco.testing.wire_killer import Killer

INBOX, BOX, LEAF = FOLDERS
ELSEWHERE = ("Mine",)
PLACES = [("begin", 1), ("begin", 3), ("settle", 1), ("settle", 3), ("complete", 1), ("complete", 2), ("complete", 3)]
places = pytest.mark.parametrize(("verb", "at"), PLACES, ids=[f"{verb}-{at}" for verb, at in PLACES])


def _total(account: Rehearsal) -> int:
    return account.source.snapshot(account.user).total


def _move(account: Rehearsal, side: str, folder: tuple[str, ...], positions: slice, to: tuple[str, ...]) -> None:
    line: Line = getattr(account, side)
    uids = [entry.uid for entry in line.snapshot(account.user)[folder]][positions]
    with line.filler(account.user) as filler:
        filler.create(to)
        filler.move(folder, uids, to)


@places
def test_messages_moved_on_the_source_during_the_first_run(account: Rehearsal, verb: str, at: int) -> None:
    """Out of a folder that is done, or is being copied, into one that is not: they are there once, where they are now."""
    outcome = meanwhile(account, verb, at, lambda: _move(account, "source", INBOX, slice(1, 5), LEAF))
    assert outcome.failure is None
    assert outcome.tally.refused == 0
    if (verb, at) == ("complete", 1):
        assert outcome.tally.moved == 4
        assert outcome.tally.source == _total(account)
        assert account.verdict(OF_OTHERS) == FAULTLESS
    assert account.run(2).failure is None
    settled(account, 3)


@places
def test_messages_moved_on_the_source_against_the_order_of_the_first_run(account: Rehearsal, verb: str, at: int) -> None:
    """Into a folder that may be done already: brought or moved by the next run."""
    with account.source.filler(account.user) as filler:
        filler.append(LEAF, [Mail(b"Subject: late %d\r\n\r\nx\r\n" % number) for number in range(9)])
    assert meanwhile(account, verb, at, lambda: _move(account, "source", LEAF, slice(0, 5), INBOX)).failure is None
    assert account.run(2).failure is None
    settled(account, 3)


@places
def test_messages_moved_on_the_source_during_the_second_run(account: Rehearsal, verb: str, at: int) -> None:
    account.run(1)
    with account.source.filler(account.user) as filler:
        for folder in FOLDERS:
            filler.append(folder, [Mail(b"Subject: new %d in %d\r\n\r\nx\r\n" % (number, len(folder))) for number in range(6)])
    assert meanwhile(account, verb, at, lambda: _move(account, "source", INBOX, slice(0, 9), LEAF), 2).failure is None
    assert account.run(3).failure is None
    settled(account, 4)


def _sums_match(account: Rehearsal, outcome: Outcome) -> None:
    """Every message of the source is counted once, in the folder where it is, and has one row there."""
    here = account.source.snapshot(account.user)
    counted = {result.source: result.tally.source for result in outcome.folders}
    assert counted == {".".join(path): len(entries) for path, entries in here.folders.items()}
    assert outcome.tally.source == here.total

    async def rows() -> Counter[str]:
        found: Counter[str] = Counter()
        for record in await account.ledger.folders():
            async for chunk in account.ledger.rows(record.id):
                found[decode_name(record.source_name)] += len(chunk)
        return found

    assert asyncio.run(rows()) == +Counter(counted)


@pytest.mark.parametrize("connections", ["one", "several"])
@pytest.mark.parametrize(("folder", "to"), [(LEAF, INBOX), (BOX, INBOX), (LEAF, BOX)], ids=lambda path: path[-1])
def test_messages_moved_out_of_a_folder_that_is_otherwise_unchanged(
    account: Rehearsal, folder: tuple[str, ...], to: tuple[str, ...], connections: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the folders were listed and before its turn: each message has one fate, and the sums match."""
    if connections == "several":
        monkeypatch.setattr(lanes, "FAR", 0.0)
        monkeypatch.setattr(lanes, "ENOUGH_MESSAGES", 1)
    _sums_match(account, account.run(1))
    moving = len(account.source.snapshot(account.user)[folder][:2])
    with account.source.filler(account.user) as filler:
        filler.append(to, [Mail(b"Subject: new %d\r\n\r\nx\r\n" % number) for number in range(2)])
    outcome = meanwhile(account, "left_out", 1, lambda: _move(account, "source", folder, slice(0, 2), to), 2)
    assert outcome.failure is None
    assert (outcome.tally.copied, outcome.tally.moved) == (2, moving)
    _sums_match(account, outcome)
    _sums_match(account, account.run(3))
    settled(account, 4)


def test_source_folder_renamed_and_another_made_under_its_name(account: Rehearsal) -> None:
    account.run(1)
    there = len(account.destination.snapshot(account.user)[LEAF])
    with account.source.filler(account.user) as filler:
        filler.rename(LEAF, ("Contratti",))
        filler.create(LEAF)
        filler.append(LEAF, [Mail(b"Subject: the new folder\r\n\r\nx\r\n")])
    outcome = account.run(2)
    assert outcome.failure is None
    assert (outcome.tally.moved, outcome.tally.copied) == (there, 1)
    settled(account, 3)


def test_two_source_folders_that_change_their_names(account: Rehearsal) -> None:
    account.run(1)
    with account.source.filler(account.user) as filler:
        filler.append(BOX, [Mail(b"Subject: only here\r\n\r\nx\r\n")])
    account.run(2)
    with account.source.filler(account.user) as filler:
        filler.rename(LEAF, ("Away",))
        filler.create(("Other",))
        filler.append(("Other",), [Mail(b"Subject: other %d\r\n\r\nx\r\n" % number) for number in range(3)])
    account.run(3)
    with account.source.filler(account.user) as filler:
        filler.rename(("Away",), ("Between",))
        filler.rename(("Other",), ("Away",))
        filler.rename(("Between",), ("Other",))
    assert account.run(4).tally.copied == 0
    settled(account, 5)


def test_source_folder_renumbered_after_the_user_filed_its_mail_elsewhere(account: Rehearsal) -> None:
    """What he moved stays where he put it, what he deleted stays deleted, the rest is recognised."""
    with account.source.filler(account.user) as filler:
        filler.append(LEAF, [Mail(b"Subject: contract %d\r\n\r\nx\r\n" % number) for number in range(5)])
    account.run(1)
    _move(account, "destination", LEAF, slice(0, 2), ELSEWHERE)
    with account.destination.filler(account.user) as filler:
        filler.delete(LEAF, [entry.uid for entry in account.destination.snapshot(account.user)[LEAF]][:1])
    before = account.destination.snapshot(account.user)
    recreate(account, "source", LEAF)
    outcome = account.run(2)
    assert outcome.failure is None
    assert (outcome.tally.copied, outcome.tally.source) == (0, _total(account))
    assert any(entry.action == "uidvalidity-changed" for entry in account.sink.entries)
    for number in (3, 4):
        assert account.destination.snapshot(account.user) == before
        assert account.run(number).tally.copied == 0


def test_source_folder_renumbered_and_its_mail_moved_on(account: Rehearsal) -> None:
    """Renumbered, and what was in it moved to another folder of the source: moved on the destination too."""
    account.run(1)
    recreate(account, "source", LEAF)
    _move(account, "source", LEAF, slice(0, 2), BOX)
    outcome = account.run(2)
    assert (outcome.tally.copied, outcome.tally.moved) == (0, 2)
    settled(account, 3)


def test_destination_folder_renamed_between_two_runs(account: Rehearsal) -> None:
    """It is the same folder under the name that the user gave it: what is new comes there, and nothing is made again."""
    account.run(1)
    names = set(account.destination.snapshot(account.user).folders)
    with account.destination.filler(account.user) as filler:
        filler.rename(LEAF, ("Contratti",))
    with account.source.filler(account.user) as filler:
        filler.append(LEAF, [Mail(b"Subject: new\r\n\r\nx\r\n")])
    assert account.run(2).tally.copied == 1
    there = account.destination.snapshot(account.user)
    assert set(there.folders) == names - {LEAF} | {("Contratti",)}
    assert there.digests() - account.source.snapshot(account.user).digests() == OF_OTHERS
    assert account.run(3).tally.copied == 0
    assert account.destination.snapshot(account.user) == there


def test_destination_folder_renamed_and_another_made_under_its_name(account: Rehearsal) -> None:
    account.run(1)
    with account.destination.filler(account.user) as filler:
        filler.rename(LEAF, ("Contratti",))
        filler.create(LEAF)
    assert account.run(2).tally.copied == 0
    there = account.destination.snapshot(account.user)
    assert len(there[LEAF]) == 0
    assert there.digests() - account.source.snapshot(account.user).digests() == OF_OTHERS


def test_destination_folder_thrown_into_the_trash_between_two_runs(account: Rehearsal) -> None:
    """To rename it into the Trash is to delete it: new mail must not follow, so the folder is made again and filled."""
    with account.destination.filler(account.user) as filler:
        filler.create(("Trash",))
    account.run(1)
    with account.destination.filler(account.user) as filler:
        filler.rename(LEAF, ("Trash", "Contratti"))
    assert account.run(2).failure is None
    thrown = Counter(entry.sha256 for entry in account.destination.snapshot(account.user)[("Trash", "Contratti")])
    settled(account, 3, OF_OTHERS + thrown)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("half", [False, True], ids=["whole", "half"])
@pytest.mark.parametrize("missing", [("MOVE",), ("MOVE", "UIDPLUS")], ids="-".join)
def test_killed_at_every_wire_write_of_a_move_without_move(
    fault_lines: tuple[Line, ...], fresh_user: Callable[[], str], monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...], half: bool
) -> None:
    """COPY, STORE \\Deleted, EXPUNGE: whatever of it was done, the message is in one folder at the end."""
    at, killed = 0, True
    while killed:
        at += 1
        account = Rehearsal(fault_lines[0], fault_lines[1], fresh_user())
        account.clear()
        fill(account, 6)
        account.destination.proxy.arm(*hide(*missing))
        account.run(1)
        _move(account, "source", INBOX, slice(0, 3), LEAF)
        with monkeypatch.context() as patch:
            killed = Killer(patch, at, half=half).run(account, 2)
        assert account.run(2).failure is None
        assert account.run(3).tally.copied == 0
        _expunge_marked(account)
        assert account.verdict(OF_OTHERS) == FAULTLESS, f"killed at write {at}"
    account.clear()
    assert at > 15


@places
def test_flags_taken_away_on_the_source_while_the_process_was_dead(account: Rehearsal, verb: str, at: int) -> None:
    """Killed with messages on their way; then a flag goes and another comes: the destination has them as they are."""
    with account.source.filler(account.user) as filler:
        filler.store(INBOX, range(1, 20), "+FLAGS", "\\Flagged", "Old")
    with pytest.raises(_Killed):
        meanwhile(account, verb, at, _kill)
    with account.source.filler(account.user) as filler:
        filler.store(INBOX, range(1, 20), "-FLAGS", "\\Flagged", "Old")
        filler.store(INBOX, range(1, 20), "+FLAGS", "\\Answered")
    assert account.run(1).failure is None
    there = account.destination.snapshot(account.user)
    here = account.source.snapshot(account.user)
    wanted = {entry.sha256: entry.flags for entry in here[INBOX]}
    foreign = [entry for entry in there[INBOX] if entry.sha256 not in wanted]
    assert len(foreign) == 1
    copied = [entry for entry in there[INBOX] if entry.sha256 in wanted and b"twin" not in entry.sha256.encode()]
    differing = [entry for entry in copied if entry.flags != wanted[entry.sha256]]
    assert len(differing) <= 1  # the twin that was there before is adopted with its own flags


@pytest.mark.parametrize("wrong", [Rewrite(rb"RFC822\.SIZE (\d+)", rb"RFC822.SIZE 1\1")])
def test_moved_on_a_source_that_lists_other_sizes_than_it_sends(account: Rehearsal, wrong: Rewrite) -> None:
    account.source.proxy.arm(wrong)
    account.run(1)
    _move(account, "source", INBOX, slice(0, 4), LEAF)
    assert account.run(2).tally == Tally(adopted=_total(account) - 4, moved=4)
    settled(account, 3)


class _Killed(BaseException):
    """The process ends here."""


def _kill() -> None:
    raise _Killed


def _expunge_marked(account: Rehearsal) -> None:
    """Without UIDPLUS the originals stay, marked: the next EXPUNGE of any client takes them away."""
    for folder, entries in account.destination.snapshot(account.user).folders.items():
        marked = [entry.uid for entry in entries if "\\deleted" in entry.flags]
        if marked:
            with account.destination.filler(account.user) as filler:
                filler.delete(folder, marked)
