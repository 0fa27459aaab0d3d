"""A destination that another tool has half filled: what is there is adopted, the rest is copied, nothing is doubled."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.acceptance.conftest import MASTER, Trasloco, fates, last_run
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.packages import PackageTree
from trasloco.testing.snapshot import Snapshot

FOLDERS = (("INBOX",), ("Büro",), ("Büro", "Verträge"), ("Sent",))
TWIN = Mail(b"Message-ID: <twin@x>\r\nSubject: twin\r\n\r\nthe same\r\n", ("\\Seen",))


def mbsync(source: Dovecot, destination: Dovecot, login: str, directory: Path) -> None:
    """What an administrator did before: mbsync (isync) of all folders, once."""
    tree = PackageTree.obtain("isync", "isync")

    def store(name: str, server: Dovecot, user: str, password: str) -> str:
        quoted = password.replace("\\", "\\\\").replace('"', '\\"')
        account = (
            f'IMAPAccount {name}\nHost {server.host}\nPort {server.port}\nUser "{user}"\nPass "{quoted}"\nSSLType None\nAuthMechs LOGIN\n'
        )
        return f"{account}\nIMAPStore {name}\nAccount {name}\n"

    there = store("there", destination, f"{login}*{MASTER[0]}", MASTER[1])
    patterns = "Patterns *\nCreate Near\nSync PullNew\nCopyArrivalDate yes"
    sync = f"Channel all\nFar :here:\nNear :there:\n{patterns}\nSyncState {directory}/mbsync-\n"
    config = directory / "mbsyncrc"
    config.write_text("\n".join([store("here", source, login, source.password), there, sync]), "utf-8")
    environment = tree.environment() | {"HOME": str(directory)}
    words = [str(tree.root / "usr/bin/mbsync"), "-c", str(config), "-a"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("times", [1, 2], ids=["once", "and again after more mail"])
def test_what_mbsync_brought_is_adopted(trasloco: Trasloco, source: Dovecot, destination: Dovecot, times: int) -> None:
    login = f"mbsync-{times}@old.example"
    letters = Letters(f"mbsync {times}")
    with MailboxFiller(source.host, source.port, login, source.password) as filler:
        filler.fill(letters, 120, FOLDERS)
        filler.append(("INBOX",), [TWIN, TWIN])
    brought = 122
    for again in range(times):
        mbsync(source, destination, login, trasloco.directory)
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
