from __future__ import annotations

import asyncio
import json
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from tests.project.conftest import Command
from tests.project.test_copy import contents, words
from trasloco.engine.account import Settings, Side
from trasloco.engine.day_budget import DAY, SLOT
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.ledger import LedgerUnavailable
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.pace import DAY_BUDGET, OUTSIDE_WINDOW
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.sasl import Credentials
from trasloco.plan.pace_limits import PaceLimits
from trasloco.plan.window import Window
from trasloco.project.budget_file import BudgetFile
from trasloco.project.copy_pace import CopyPace
from trasloco.project.exit_codes import ExitCode
from trasloco.secret import Secret
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail, MailboxFiller

NIGHT = Window(time(20), time(6), zoneinfo.ZoneInfo("Europe/Rome"))
SOURCE = Side(SideName.SOURCE, Endpoint("imap.old.example", 993, Security.IMPLICIT), Credentials("Anna@old.example", Secret("x")))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_its_hours_are_those_of_the_window() -> None:
    pace = CopyPace(window=NIGHT, now=lambda: at("2026-11-26T12:00"))
    closed = pace.closed()
    assert closed is not None
    assert (closed.code, closed.retry, closed.after) == (OUTSIDE_WINDOW, Retry.LATER, 7 * 3600)
    assert pace.goes_on(closed) == at("2026-11-26T19:00")
    assert CopyPace(window=NIGHT, now=lambda: at("2026-11-26T19:00")).closed() is None
    assert CopyPace().closed() is None


def test_a_day_that_ends_by_day_goes_on_in_the_evening() -> None:
    pace = CopyPace(window=NIGHT, now=lambda: at("2026-11-26T03:00"))
    enough = Failure(SideName.OURS, Scope.ACCOUNT, Retry.LATER, DAY_BUDGET, "enough", after=24 * 3600.0 + 3 * 3600.0)
    assert pace.goes_on(enough) == at("2026-11-27T19:00")


async def test_a_copy_under_way_is_told_when_its_hours_are_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRASLOCO_STATE_DIR", str(tmp_path))
    pace = CopyPace(PaceLimits(bytes_per_day=2**20), NIGHT, now=lambda: at("2026-11-26T05:00"))
    own = pace.begin(SOURCE)
    watching = asyncio.create_task(pace.watch(own))
    async with asyncio.timeout(20):
        while own.halted is None:  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(0.01)
    watching.cancel()
    assert own.halted.code == OUTSIDE_WINDOW


async def test_the_file_keeps_the_day_for_the_next_command(tmp_path: Path) -> None:
    file, now = tmp_path / "fetched-bytes.json", 1_800_000_000.0
    assert await BudgetFile(file, "anna", 1000, lambda: now).take(700, 1) == 700
    other = BudgetFile(file, "anna", 1000, lambda: now + 60)
    assert await other.take(700, 1) == 300
    await other.add(-100)
    assert await BudgetFile(file, "bruno", 1000, lambda: now).take(700, 1) == 700
    assert await other.take(700, 1) == 100
    assert await other.wait(1) == pytest.approx(DAY + SLOT - 60, abs=SLOT)
    assert await BudgetFile(file, "anna", 1000, lambda: now + DAY + 2 * SLOT).take(1000, 1) == 1000
    assert file.stat().st_mode & 0o077 == 0


async def test_a_file_that_is_no_file_of_ours_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "fetched-bytes.json"
    file.write_text("[1, 2")
    assert await BudgetFile(file, "anna", 1000).take(10, 1) == 10


async def test_a_disk_that_takes_nothing_is_said_and_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match=r"fetched-bytes\.json"):
        await BudgetFile(tmp_path / "nowhere" / "fetched-bytes.json", "anna", 1000).take(10, 1)


def test_a_copy_goes_over_day_by_day(
    command: Command, dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    old, new, size = fresh_user(), fresh_user(), 200_000
    mails = [
        Mail((b"Subject: %d\r\nMessage-ID: <%d@x.example>\r\n\r\n" % (n, n) + (b"x" * 70 + b"\r\n") * 4000)[: size - 2] + b"\r\n")
        for n in range(9)
    ]
    with MailboxFiller(dovecot_source.host, dovecot_source.port, old, dovecot_source.password) as filler:
        filler.append(("INBOX",), mails)
    line = words(command, dovecot_source, old, dovecot_destination, new, "--bytes-per-day", str(6 * size))
    first = command(*line)
    assert first.returncode == ExitCode.RESTS, first.stdout + first.stderr
    assert "It goes on in 24 h (" in first.stdout
    assert command(*line).returncode == ExitCode.RESTS
    file = command.state / "fetched-bytes.json"
    kept = json.loads(file.read_text())
    past = int(timedelta(hours=24, minutes=20).total_seconds())
    file.write_text(json.dumps({mailbox: {str(int(slot) - past): size for slot, size in slots.items()} for mailbox, slots in kept.items()}))
    last = command(*line)
    assert last.returncode == ExitCode.OK, last.stdout + last.stderr
    assert contents(dovecot_source, old) == contents(dovecot_destination, new)


def test_a_copy_outside_its_hours_rests_before_it_signs_in(
    command: Command, dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    now = datetime.now().astimezone()
    hours = "-".join(f"{now + timedelta(hours=hours):%H:%M}" for hours in (3, 5))
    done = command(*words(command, dovecot_source, fresh_user(), dovecot_destination, fresh_user(), "--window", hours))
    assert done.returncode == ExitCode.RESTS, done.stdout + done.stderr
    assert "It goes on in 3 h (" in done.stdout


async def test_told_to_wait_a_copy_goes_on_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dovecot_source: Dovecot, dovecot_destination: Dovecot, fresh_user: Callable[[], str]
) -> None:
    from trasloco.project.copying import CopySink, copy_mailbox

    monkeypatch.setenv("TRASLOCO_STATE_DIR", str(tmp_path))
    user = fresh_user()
    with MailboxFiller(dovecot_source.host, dovecot_source.port, user, dovecot_source.password) as filler:
        filler.append(("INBOX",), [Mail(b"Subject: %d\r\n\r\n" % n + b"x" * 98 * 4000 + b"\r\n") for n in range(5)])
    sides = [
        Side(name, Endpoint(server.host, server.port, Security.PLAIN), Credentials(user, Secret(server.password)))
        for name, server in ((SideName.SOURCE, dovecot_source), (SideName.DESTINATION, dovecot_destination))
    ]
    sink, waited = CopySink("a copy"), []

    class Jumping(CopyPace):
        """Whose nights are short: what it sleeps has passed at once, for the file too."""

        async def sleep_until(self, moment: datetime) -> None:
            waited.append((moment - self.now(), sink.words))
            file = tmp_path / "fetched-bytes.json"
            kept = json.loads(file.read_text())
            past = int(timedelta(hours=24, minutes=10).total_seconds())
            file.write_text(json.dumps({key: {str(int(slot) - past): size for slot, size in slots.items()} for key, slots in kept.items()}))

    pace = Jumping(PaceLimits(bytes_per_day=1_000_000), wait=True)
    outcome = await copy_mailbox(sides[0], sides[1], Settings(), sink, MemoryLedger(), pace)
    assert outcome.failure is None
    assert outcome.tally.source == 5
    assert len(waited) == 2
    assert all(timedelta(hours=23) < far < timedelta(hours=25) and "It goes on in 24 h (" in words for far, words in waited)
