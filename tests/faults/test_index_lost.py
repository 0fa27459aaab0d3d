"""A destination that has lost its index of a folder shows it as empty and under a new number. Its messages are there all the
same, and it finds them again as soon as something is stored in that folder.

Dovecot (sdbox) comes to this by itself, now and then, when a folder is exchanged for another one of its name while several
sessions have it open.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.conftest import OF_OTHERS, meanwhile, settled
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.rehearsal import Rehearsal

FOLDER = ("Office",)
MAIL = [Mail(b"Subject: %d\r\n\r\n%s" % (number, b"text\r\n" * number)) for number in range(12)]


@pytest.fixture
def office(account: Rehearsal) -> Rehearsal:
    """The account of the other tests with one folder more, of three batches."""
    account.settings = replace(account.settings, together=False)
    with account.source.filler(account.user) as filler:
        filler.create(FOLDER)
        filler.append(FOLDER, MAIL)
    return account


def _lose_index(account: Rehearsal) -> None:
    """In place of its index the folder gets that of a new one, in which there is nothing."""
    server = account.destination.server
    assert isinstance(server, Dovecot)
    with account.destination.filler(account.user) as filler:
        filler.create(("New",))
    (mailboxes,) = (server.directory / "homes").glob(f"**/{account.user}/mail/mailboxes")
    here, new = mailboxes / FOLDER[0] / "dbox-Mails", mailboxes / "New/dbox-Mails"
    for index in here.glob("dovecot.index*"):
        index.unlink()
    for index in new.glob("dovecot.index*"):
        _copy(index, here / index.name)
    with account.destination.filler(account.user) as filler:
        filler.remove(("New",))


def _copy(file: Path, to: Path) -> None:
    shutil.copy(file, to)
    shutil.chown(to, file.stat().st_uid, file.stat().st_gid)


def _shown(account: Rehearsal) -> int:
    return len(account.destination.snapshot(account.user).folders[FOLDER])


def test_folder_whose_index_was_lost_between_two_runs(office: Rehearsal) -> None:
    assert office.run(1).failure is None
    _lose_index(office)
    assert _shown(office) == 0
    assert office.run(2).failure is None
    told = {entry.action for entry in office.sink.entries}
    assert {"uidvalidity-changed", "late-copy-removed"} <= told
    assert "numbers-went-back" not in told
    settled(office, 3)


def test_copy_that_a_user_made_is_left_when_the_index_was_lost(office: Rehearsal) -> None:
    """It comes to light together with ours."""
    assert office.run(1).failure is None
    with office.destination.filler(office.user) as filler:
        filler.append(FOLDER, MAIL[4:5])
    assert office.verdict(OF_OTHERS).doubled == 1
    _lose_index(office)
    assert office.run(2).failure is None
    assert _shown(office) == len(MAIL) + 1
    assert (office.verdict(OF_OTHERS).lost, office.verdict(OF_OTHERS).doubled) == (0, 1)


@pytest.mark.parametrize(("verb", "at"), [("settle", 6), ("settle", 7), ("settle", 8), ("complete", 6)])
def test_folder_whose_index_is_lost_while_it_is_filled(office: Rehearsal, verb: str, at: int) -> None:
    """Or right after it, while other folders are."""
    shown = 0

    def lose() -> None:
        nonlocal shown
        shown = _shown(office)
        _lose_index(office)

    meanwhile(office, verb, at, lose)
    assert shown >= 4, "some of its batches had arrived"
    office.run(1)
    settled(office)
