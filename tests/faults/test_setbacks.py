"""A server is restored from a backup between two runs: numbers that were given are given again."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tests.faults.conftest import FOLDERS, OF_OTHERS, settled
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.rehearsal import Line, Rehearsal

INBOX, BOX, LEAF = FOLDERS


@contextmanager
def restored_afterwards(line: Line, user: str) -> Iterator[None]:
    """What happens inside never happened, for this server."""
    home = line.server.directory / "homes" / user
    kept = Path(mkdtemp(prefix="backup"))
    subprocess.run(["cp", "-a", str(home), str(kept)], check=True)
    yield
    shutil.rmtree(home)
    subprocess.run(["cp", "-a", str(kept / user), str(home.parent)], check=True)
    shutil.rmtree(kept)


def _append(account: Rehearsal, word: str, count: int = 4) -> None:
    for folder in (INBOX, LEAF):
        with account.source.filler(account.user) as filler:
            filler.append(folder, [Mail(f"Subject: {word} {number} {len(folder)}\r\n\r\nx\r\n".encode()) for number in range(count)])


def test_source_restored_from_a_backup(account: Rehearsal) -> None:
    """Other messages have the numbers of those that were lost: they are brought, and what was brought before stays."""
    account.run(1)
    with restored_afterwards(account.source, account.user):
        _append(account, "lost")
        assert account.run(2).tally.copied == 8
        there = account.source.snapshot(account.user).digests()
    _append(account, "other", 2)
    lost = there - account.source.snapshot(account.user).digests()
    assert lost.total() == 8
    outcome = account.run(3)
    assert outcome.tally.copied == 4
    assert any(entry.action == "numbers-went-back" for entry in account.sink.entries)
    settled(account, 4, OF_OTHERS + Counter(lost))


def test_destination_restored_from_a_backup(account: Rehearsal) -> None:
    """What was brought since is brought again; what others delivered under its numbers is not taken for it."""
    account.run(1)
    with restored_afterwards(account.destination, account.user):
        _append(account, "gone")
        assert account.run(2).tally.copied == 8
    late = [Mail(b"Subject: delivered %d\r\n\r\nx\r\n" % number) for number in range(2)]
    with account.destination.filler(account.user) as filler:
        filler.append(LEAF, late)
    delivered = Counter(entry.sha256 for entry in account.destination.snapshot(account.user)[LEAF][-2:])
    assert account.run(3).tally.copied == 8
    settled(account, 4, OF_OTHERS + delivered)
