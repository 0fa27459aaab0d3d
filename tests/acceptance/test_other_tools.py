"""A destination that another tool has half filled: what is there is adopted, the rest is copied, nothing is doubled."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import MASTER, Trasloco, fates, last_run
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.mbsync import mbsync
from trasloco.testing.snapshot import Snapshot

FOLDERS = (("INBOX",), ("Büro",), ("Büro", "Verträge"), ("Sent",))
TWIN = Mail(b"Message-ID: <twin@x>\r\nSubject: twin\r\n\r\nthe same\r\n", ("\\Seen",))


@pytest.mark.parametrize("times", [1, 2], ids=["once", "and again after more mail"])
def test_what_mbsync_brought_is_adopted(trasloco: Trasloco, source: Dovecot, destination: Dovecot, times: int) -> None:
    login = f"mbsync-{times}@old.example"
    letters = Letters(f"mbsync {times}")
    with MailboxFiller(source.host, source.port, login, source.password) as filler:
        filler.fill(letters, 120, FOLDERS)
        filler.append(("INBOX",), [TWIN, TWIN])
    brought = 122
    for again in range(times):
        there_login = (f"{login}*{MASTER[0]}", MASTER[1])
        mbsync(source, destination, (login, source.password), there_login, trasloco.directory)
        if again + 1 < times:
            with MailboxFiller(source.host, source.port, login, source.password) as filler:
                filler.append(("INBOX",), [Mail(letter.content, (), letter.date) for letter in letters.take(10)])
            brought += 10
    with MailboxFiller(source.host, source.port, login, source.password) as filler:
        filler.fill(letters, 130, FOLDERS)
        filler.append(("INBOX",), [TWIN])
    rows = [(login, f"{source.host}:{source.port}", login, source.password)]
    run = last_run(trasloco.migrate(rows, destination))
    assert fates(run) == {"source": brought + 131, "adopted": brought, "copied": 131}
    there = Snapshot.read(destination.host, destination.port, f"{login}*{MASTER[0]}", MASTER[1])
    here = Snapshot.read(source.host, source.port, login, source.password)
    assert {path: len(entries) for path, entries in there.folders.items()} == {path: len(entries) for path, entries in here.folders.items()}
