"""Servers that are killed, restarted, full, or give no right to write."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.faults.conftest import FOLDERS, OF_OTHERS, fill, settled
from trasloco.engine.account import RunStatus
from trasloco.engine.failure import Retry, Scope
from trasloco.testing.cutting_proxy import hide
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.rehearsal import Line, Rehearsal, lines
from trasloco.testing.wire_faults import Delay, Way


@pytest.fixture(scope="module")
def mortal_lines() -> Iterator[tuple[Line, ...]]:
    """Servers of this module's own: they may be killed."""
    with Dovecot() as source, Dovecot(storage="sdbox") as destination, lines(source, destination) as both:
        yield both


@pytest.fixture
def mortal(mortal_lines: tuple[Line, ...], fresh_user: Callable[[], str]) -> Rehearsal:
    source, destination = mortal_lines
    account = Rehearsal(source, destination, fresh_user())
    account.longest = 1.0  # a server takes its time to come back, the more so on a busy machine
    account.clear()
    fill(account, 40)
    return account


@pytest.mark.parametrize("side", ["source", "destination"])
@pytest.mark.parametrize("after", [0.02, 0.07, 0.12])
def test_server_killed_and_started_again(mortal: Rehearsal, side: str, after: float) -> None:
    line: Line = getattr(mortal, side)
    line.proxy.arm(Delay(Way.TO_SERVER, 0.01))  # so that it happens in the middle

    def kill() -> None:
        time.sleep(after)
        line.server.kill()
        line.server.start()

    killer = threading.Thread(target=kill)
    killer.start()
    outcome = mortal.run()
    killer.join()
    assert outcome.failure is None
    assert mortal.pauses, "it was over before the server was killed"
    settled(mortal)


def test_both_servers_restarted_in_order(mortal: Rehearsal) -> None:
    mortal.destination.proxy.arm(Delay(Way.TO_SERVER, 0.01))

    def restart() -> None:
        time.sleep(0.1)
        mortal.source.server.restart()
        mortal.destination.server.restart()

    restarter = threading.Thread(target=restart)
    restarter.start()
    outcome = mortal.run()
    restarter.join()
    assert outcome.failure is None
    settled(mortal)


@pytest.mark.parametrize("told", [True, False], ids=["said-before", "met-on-the-way"])
def test_destination_over_quota(fault_lines: tuple[Line, ...], fresh_user: Callable[[], str], told: bool) -> None:
    """The account stops, before anything is sent where the server tells its quota."""
    with Dovecot(storage="sdbox", quota=150_000) as small, lines(small) as (line,):
        account = Rehearsal(fault_lines[0], line, fresh_user())
        account.clear()
        fill(account)
        line.proxy.arm(*(() if told else hide("QUOTA")))
        outcome = account.run()
        assert outcome.failure is not None
        assert (outcome.failure.side, outcome.failure.scope, outcome.failure.code) == (
            "destination",
            Scope.ACCOUNT,
            "will-not-fit" if told else "over-quota",
        )
        assert outcome.failure.retry is Retry.NEVER
        assert bool(account.destination.snapshot(account.user).total > 2) is not told
        assert account.verdict(OF_OTHERS).doubled == 0


def test_destination_out_of_disk(fault_lines: tuple[Line, ...], fresh_user: Callable[[], str]) -> None:
    with Dovecot(storage="maildir") as small, lines(small) as (line,):
        home = small.directory / "homes"
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=777", "tmpfs", str(home)], capture_output=True, check=False)
        if mounted.returncode:
            pytest.skip("a full disk needs the right to mount a small one (root)")
        try:
            account = Rehearsal(fault_lines[0], line, fresh_user())
            account.clear()
            fill(account, 20)
            outcome = account.run()
            assert outcome.failure is not None
            assert outcome.failure.side == "destination"
            assert outcome.failure.scope is Scope.ACCOUNT
            account.clear()
            assert account.verdict(OF_OTHERS).doubled == 0
            subprocess.run(["mount", "-o", "remount,size=32m", str(home)], check=True)
            outcome = account.run()
            assert outcome.failure is None
            settled(account)
        finally:
            line.server.kill()
            subprocess.run(["umount", "-l", str(home)], check=True)


def test_destination_folder_that_is_read_only(fault_lines: tuple[Line, ...], fresh_user: Callable[[], str]) -> None:
    """By ACL: the folder fails, the others are brought."""
    with Dovecot(storage="maildir", plugins=("acl",), extra="plugin {\n  acl = vfile\n}") as strict, lines(strict) as (line,):
        account = Rehearsal(fault_lines[0], line, fresh_user())
        account.clear()
        fill(account)
        with line.filler(account.user) as filler:
            for path in FOLDERS[1:]:
                filler.create(path)
        (folder,) = (path for path in (line.server.directory / "homes" / account.user / "mail").iterdir() if path.name == ".B&APw-ro")
        (folder / "dovecot-acl").write_text("owner lr\n", "utf-8")
        outcome = account.run()
        assert outcome.failure is not None
        assert outcome.failure.scope is Scope.FOLDER
        assert outcome.status is RunStatus.COMPLETED_WITH_ERRORS
        assert outcome.tally.copied >= 10
        (folder / "dovecot-acl").unlink()
        outcome = account.run(2)
        assert outcome.failure is None
        settled(account, 3)


def test_message_that_the_source_cannot_read(fault_lines: tuple[Line, ...], fresh_user: Callable[[], str]) -> None:
    """Its file is unreadable: that message ends refused with the reason, all others arrive."""
    with Dovecot(storage="maildir") as broken, lines(broken) as (line,):
        account = Rehearsal(line, fault_lines[1], fresh_user())
        account.clear()
        with line.filler(account.user) as filler:
            filler.fill(Letters("unreadable"), 12, (("INBOX",),))
        mail = line.server.directory / "homes" / account.user / "mail" / "new"
        victim = sorted([*mail.iterdir(), *(mail.parent / "cur").iterdir()])[5]
        victim.chmod(0)
        outcome = account.run()
        assert outcome.failure is None, outcome.failure
        assert (outcome.tally.copied, outcome.tally.refused) == (11, 1)
        victim.chmod(0o600)
        account.clear()
        assert account.run(2).tally.copied == 1
        settled(account, 3)


def test_server_that_cannot_be_reached_at_all_is_said_at_once(account: Rehearsal) -> None:
    account.destination.proxy.refuse()
    outcome = account.run()
    assert outcome.failure is not None
    assert (outcome.failure.code, outcome.failure.retry) == ("connection-refused", Retry.NEVER)
    assert not account.pauses
    account.clear()
    account.run()
    settled(account)
