"""Bounded memory: 500 accounts in one CSV, and one mailbox of 1 GiB with messages of up to 49 MiB."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import MASTER, Trasloco, fates, last_run
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot

LIMIT = 300 * 1024 * 1024
MIB = 1024 * 1024


def peak_while(process: subprocess.Popen[bytes]) -> int:
    """Highest resident memory of the process in bytes, as the kernel counts it (VmHWM)."""
    peak = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text("ascii", "replace")
        except OSError:
            break
        line = next((line for line in status.splitlines() if line.startswith("VmHWM")), "")
        peak = max(peak, int(line.split()[1]) * 1024 if line else 0)
        time.sleep(0.05)
    process.wait()
    return peak


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_five_hundred_accounts_run_through_in_bounded_memory(trasloco: Trasloco, source: Dovecot, destination: Dovecot) -> None:
    letters = Letters("five hundred")
    contents = [Mail(letter.content, ("\\Seen",), letter.date) for letter in letters.take(8)]
    rows = []
    for number in range(500):
        login = f"small-{number}@old.example"
        with MailboxFiller(source.host, source.port, login, source.password) as filler:
            filler.append(("INBOX",), contents[: 1 + number % 6])
            filler.create(("Büro",))
            filler.append(("Büro",), contents[6:])
        rows.append((login, f"{source.host}:{source.port}", login, source.password))
    process = trasloco.begin(*trasloco.migrate_words(rows, destination, "--concurrency", "20"))
    peak = peak_while(process)
    assert process.returncode == 0
    assert peak < LIMIT, f"{peak / MIB:.0f} MiB"
    report = trasloco.report
    assert len(report["accounts"]) == 500
    for number, account in enumerate(report["accounts"]):
        expected = 3 + number % 6
        assert fates(account["runs"][-1]) == {"source": expected, "copied": expected}
    for number in (0, 250, 499):
        login = rows[number][0]
        there = Snapshot.read(destination.host, destination.port, f"{login}*{MASTER[0]}", MASTER[1])
        assert there.messages() == Snapshot.read(source.host, source.port, login, source.password).messages()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_mailbox_of_one_gibibyte_runs_through_in_bounded_memory(trasloco: Trasloco, source: Dovecot, destination: Dovecot) -> None:
    login = "large@old.example"
    rng = random.Random("large")
    sizes = [49 * MIB, 48 * MIB, *(rng.randint(2 * MIB, 36 * MIB) for _ in range(48))]
    sizes = [int(size * 1024 * MIB / sum(sizes)) if size < 48 * MIB else size for size in sizes]
    with MailboxFiller(source.host, source.port, login, source.password) as filler:
        for number, size in enumerate(sizes):
            line = rng.randbytes(36).hex().encode() + b"\r\n"
            body = b"Subject: %d\r\n\r\n" % number + line * (size // len(line))
            filler.append(("INBOX",), [Mail(body, ("\\Flagged",), None)])
    rows = [(login, f"{source.host}:{source.port}", login, source.password)]
    process = trasloco.begin(*trasloco.migrate_words(rows, destination))
    peak = peak_while(process)
    assert process.returncode == 0
    assert peak < LIMIT, f"{peak / MIB:.0f} MiB"
    assert fates(last_run(trasloco.report)) == {"source": 50, "copied": 50}
    there = Snapshot.read(destination.host, destination.port, f"{login}*{MASTER[0]}", MASTER[1])
    assert there.messages() == Snapshot.read(source.host, source.port, login, source.password).messages()
