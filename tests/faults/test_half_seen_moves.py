"""Messages that moved on the source, of which a run has come to one of the two folders only; and messages that are alike, of which
not all are where they were."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.faults.conftest import FOLDERS, FOREIGN, TWIN, meanwhile, recreate, settled
from trasloco.imap.client import Client
from trasloco.imap.values import Selected
from trasloco.testing.cutting_proxy import hide
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.rehearsal import Rehearsal
from trasloco.testing.wire_faults import Answer

INBOX, BOX, LEAF = FOLDERS
MINE = ("Mine",)


class Ended(Exception):
    """As if the process had been killed."""


def _die() -> None:
    raise Ended


def _letter(number: int) -> Mail:
    content = b"Message-ID: <%d@x>\r\nSubject: letter %d\r\n\r\ntext\r\n" % (number, number)
    return Mail(content, date=datetime(2020, 1, 1, number, tzinfo=UTC))


def _uids(account: Rehearsal, side: str, folder: tuple[str, ...], mail: Mail) -> list[int]:
    digest = hashlib.sha256(mail.content).hexdigest()
    return [entry.uid for entry in getattr(account, side).snapshot(account.user)[folder] if entry.sha256 == digest]


def _move(account: Rehearsal, mail: Mail, folder: tuple[str, ...], to: tuple[str, ...]) -> None:
    uids = _uids(account, "source", folder, mail)
    with account.source.filler(account.user) as filler:
        filler.move(folder, uids, to)


def _delete(account: Rehearsal, mail: Mail, folder: tuple[str, ...], *sides: str) -> None:
    for side in sides:
        uids = _uids(account, side, folder, mail)
        with getattr(account, side).filler(account.user) as filler:
            filler.delete(folder, uids)


@pytest.fixture
def small(account: Rehearsal, fresh_user: Callable[[], str]) -> Rehearsal:
    """Three letters in each folder, with names of their own."""
    account.user = fresh_user()
    with account.source.filler(account.user) as filler:
        for number, path in enumerate(FOLDERS):
            filler.create(path)
            filler.append(path, [_letter(10 * number + each) for each in range(3)])
    with account.destination.filler(account.user) as filler:
        filler.append(INBOX, [FOREIGN])
    return account


@pytest.mark.parametrize("number", [2, 3], ids=["same-run", "next-run"])
@pytest.mark.parametrize(("folder", "to"), [(INBOX, LEAF), (LEAF, INBOX)], ids=["onward", "back"])
def test_moved_before_a_run_that_was_killed_between_the_two_folders(
    small: Rehearsal, folder: tuple[str, ...], to: tuple[str, ...], number: int
) -> None:
    small.run(1)
    for mail in (_letter(10 * FOLDERS.index(folder)), _letter(10 * FOLDERS.index(folder) + 1)):
        _move(small, mail, folder, to)
    with pytest.raises(Ended):
        meanwhile(small, "begin", 1, _die, 2)
    outcome = small.run(number)
    assert (outcome.failure, outcome.tally.copied) == (None, 0)
    settled(small, number + 1)


def test_moved_into_a_folder_that_could_not_be_opened_in_that_run(small: Rehearsal) -> None:
    small.run(1)
    _move(small, _letter(0), INBOX, LEAF)
    _move(small, _letter(10), BOX, LEAF)
    small.source.proxy.arm(Answer("EXAMINE", "NO not now", number=5))  # two who have lost messages are looked at, then the three
    outcome = small.run(2)
    assert [each.source for each in outcome.folders if each.tally.refused] == ["Büro.Verträge"]
    small.clear()
    outcome = small.run(3)
    assert (outcome.failure, outcome.tally.copied, outcome.tally.moved) == (None, 0, 2)
    settled(small, 4)


def test_moved_into_a_folder_that_was_refused_before_the_run_was_interrupted(small: Rehearsal) -> None:
    """The run goes on, and does not try it twice; what it refused is tried by the next one."""
    small.run(1)
    _move(small, _letter(20), LEAF, INBOX)
    small.source.proxy.arm(Answer("EXAMINE", "NO not now", number=2))  # one is looked at; then INBOX
    outcome = small.run(2)
    assert [(each.source, each.tally.refused) for each in outcome.folders if each.tally.refused] == [("INBOX", 1)]
    small.clear()
    assert small.run(2).tally.refused == 1
    outcome = small.run(3)
    assert (outcome.failure, outcome.tally.copied, outcome.tally.moved) == (None, 0, 1)
    settled(small, 4)


def test_deleted_on_both_sides_and_in_another_folder_later_on(small: Rehearsal) -> None:
    """Back from a backup, or sent again: it is there once more, so it is brought."""
    small.run(1)
    _delete(small, _letter(10), BOX, "source", "destination")
    small.run(2)
    with small.source.filler(small.user) as filler:
        filler.append(LEAF, [_letter(10)])
    outcome = small.run(3)
    assert (outcome.failure, outcome.tally.copied) == (None, 1)
    settled(small, 4)


def test_deleted_on_the_source_only_and_in_another_folder_later_on(small: Rehearsal) -> None:
    """What was left on the destination goes along: it is one message."""
    small.run(1)
    _delete(small, _letter(10), BOX, "source")
    small.run(2)
    with small.source.filler(small.user) as filler:
        filler.append(LEAF, [_letter(10)])
    outcome = small.run(3)
    assert (outcome.failure, outcome.tally.copied, outcome.tally.moved) == (None, 0, 1)
    settled(small, 4)


def test_of_two_alike_the_one_that_is_still_there_is_moved(small: Rehearsal) -> None:
    """One was deleted on both sides, the other has moved on the source: nobody can tell which is which."""
    with small.source.filler(small.user) as filler:
        filler.append(INBOX, [TWIN])
        filler.append(BOX, [TWIN])
    small.run(1)
    _delete(small, TWIN, INBOX, "source", "destination")
    _move(small, TWIN, BOX, LEAF)
    outcome = small.run(2)
    assert (outcome.failure, outcome.tally.copied, outcome.tally.moved) == (None, 0, 1)
    settled(small, 3)


def test_interrupted_batch_of_which_one_message_moved_on_and_one_has_a_twin_elsewhere(small: Rehearsal) -> None:
    """What turns out to be where it was is not taken for one that left."""
    with small.source.filler(small.user) as filler:
        filler.append(BOX, [TWIN])
    with pytest.raises(Ended):
        meanwhile(small, "settle", 2, _die)
    assert len(small.destination.snapshot(small.user)[BOX]) == 4
    with small.source.filler(small.user) as filler:
        filler.create(("Zeta",))
        filler.append(("Zeta",), [TWIN])
    _move(small, _letter(10), BOX, ("Zeta",))
    outcome = small.run(1)
    assert outcome.failure is None
    settled(small, 2)


def test_moved_out_of_a_folder_that_is_renamed_before_it_is_looked_into(small: Rehearsal) -> None:
    """It is listed, and cannot be opened: the list is read again before anything is brought."""
    small.run(1)
    _move(small, _letter(20), LEAF, BOX)
    with small.source.filler(small.user) as filler:
        outcome = meanwhile(small, "left_out", 1, lambda: filler.rename(LEAF, ("Elsewhere",)), 2)
    assert (outcome.failure, outcome.tally.copied, outcome.tally.moved) == (None, 0, 3)
    settled(small, 3)


def test_moved_out_of_a_folder_that_can_never_be_opened(small: Rehearsal) -> None:
    """It is tried twice, and the others are not kept waiting."""
    small.run(1)
    with small.source.filler(small.user) as filler:
        filler.append(BOX, [_letter(13)])
    _delete(small, _letter(20), LEAF, "source")
    small.source.proxy.arm(Answer("EXAMINE", "NO not for you", number=1), Answer("EXAMINE", "NO not for you", number=2))
    outcome = small.run(2)
    assert outcome.tally.copied == 1
    assert len(small.pauses) == 1


@pytest.mark.parametrize("words", ["NO [UNAVAILABLE] later", "NO not now"])
@pytest.mark.parametrize(("command", "done"), [("UID COPY", True), ("UID STORE", False), ("UID STORE", True), ("UID EXPUNGE", False)])
def test_move_of_several_commands_of_which_one_is_refused(small: Rehearsal, command: str, done: bool, words: str) -> None:
    """On a server without MOVE: what had been done of it by then is seen, and the rest is done."""
    small.run(1)
    _move(small, _letter(0), INBOX, LEAF)
    small.destination.proxy.arm(*hide("MOVE"), Answer(command, words, forward=done))
    outcome = small.run(2)
    assert (outcome.failure, outcome.tally.copied, outcome.tally.moved) == (None, 0, 1)
    settled(small, 3)


def test_move_of_which_a_part_was_done_before_it_was_refused(small: Rehearsal) -> None:
    """And then of all that was asked for: nothing is copied that has been moved."""
    small.run(1)
    for number in range(2):
        _move(small, _letter(number), INBOX, LEAF)
    small.destination.proxy.arm(Answer("UID MOVE", "NO not all of them", forward=True))
    outcome = small.run(2)
    assert (outcome.failure, outcome.tally.copied, outcome.tally.moved) == (None, 0, 2)
    settled(small, 3)


def test_what_the_destination_never_lets_go_is_in_its_new_folder_once(small: Rehearsal) -> None:
    small.run(1)
    _move(small, _letter(0), INBOX, LEAF)
    small.destination.proxy.arm(*hide("MOVE"), Answer("UID STORE", "NO you may not", times=9))
    outcome = small.run(2)
    assert (outcome.failure, outcome.tally.copied, outcome.tally.moved) == (None, 0, 1)
    assert small.run(3).tally.copied == 0
    assert len(_uids(small, "destination", LEAF, _letter(0))) == 1


def _file(account: Rehearsal, mail: Mail, folder: tuple[str, ...]) -> None:
    """The first of them, put away by the user of the destination."""
    uids = _uids(account, "destination", folder, mail)[:1]
    with account.destination.filler(account.user) as filler:
        filler.create(MINE)
        filler.move(folder, uids, MINE)


def _places(account: Rehearsal, mail: Mail) -> list[tuple[str, ...]]:
    there = account.destination.snapshot(account.user)
    return sorted(path for path in there.folders for _ in _uids(account, "destination", path, mail))


def test_of_two_alike_that_moved_apart_the_one_the_user_filed_is_left(small: Rehearsal) -> None:
    with small.source.filler(small.user) as filler:
        filler.append(INBOX, [TWIN, TWIN])
    small.run(1)
    _file(small, TWIN, INBOX)
    uids = _uids(small, "source", INBOX, TWIN)
    with small.source.filler(small.user) as filler:
        filler.move(INBOX, uids[:1], BOX)
        filler.move(INBOX, uids[1:], LEAF)
    assert small.run(2).failure is None
    assert len(_places(small, TWIN)) == 2


@pytest.mark.parametrize("followed", [False, True], ids=["deleted", "moved"])
def test_filed_by_the_user_when_others_have_left_the_folder_before(small: Rehearsal, followed: bool) -> None:
    """It moved on the source as well: it stays where he has put it."""
    small.run(1)
    if followed:
        _move(small, _letter(0), INBOX, LEAF)
    else:
        _delete(small, _letter(0), INBOX, "source")
    small.run(2)
    _file(small, _letter(1), INBOX)
    _move(small, _letter(1), INBOX, LEAF)
    assert small.run(3).failure is None
    assert _places(small, _letter(1)) == [MINE]


def test_moved_away_and_back_and_another_filed_later_on(small: Rehearsal) -> None:
    small.run(1)
    _move(small, _letter(0), INBOX, LEAF)
    _move(small, _letter(0), LEAF, INBOX)
    small.run(2)
    _file(small, _letter(1), INBOX)
    _move(small, _letter(1), INBOX, LEAF)
    assert small.run(3).failure is None
    assert _places(small, _letter(1)) == [MINE]


def test_many_folders_that_can_never_be_opened(small: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account is not given up for them."""
    shut = [(f"Shut{number}",) for number in range(8)]
    with small.source.filler(small.user) as filler:
        for path in shut:
            filler.create(path)
            filler.append(path, [TWIN, _letter(22)])
    small.run(1)
    for path in shut:
        _delete(small, TWIN, path, "source")
    with small.source.filler(small.user) as filler:
        filler.append(INBOX, [_letter(5)])
    select = Client.select

    async def refused(client: Client, name: bytes, *, read_only: bool, condstore: bool = False) -> Selected:
        asked = b"Nowhere" if read_only and name.startswith(b"Shut") else name
        return await select(client, asked, read_only=read_only, condstore=condstore)

    monkeypatch.setattr(Client, "select", refused)
    small.run(2)
    assert _places(small, _letter(5)) == [INBOX]


def test_known_from_before_both_folders_were_renumbered(small: Rehearsal) -> None:
    """Nothing is known of the destination's folder any more: what is not there is brought."""
    small.run(1)
    _delete(small, _letter(20), LEAF, "source")
    recreate(small, "source", LEAF)
    small.run(2)
    with small.source.filler(small.user) as filler:
        filler.append(LEAF, [_letter(20)])
    _delete(small, _letter(20), LEAF, "destination")
    recreate(small, "destination", LEAF)
    assert small.run(3).failure is None
    settled(small, 4)
