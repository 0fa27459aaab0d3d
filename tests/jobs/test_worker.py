from __future__ import annotations

import asyncio
import logging
from collections import Counter

import pytest
from asgiref.sync import sync_to_async

from trasloco.engine.account import FolderResult, Outcome, RunStatus, Settings, Side
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import Ledger, MessageRow
from trasloco.engine.pace import AccountPace
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")


class Copies:
    """In the engine's place: records three messages, may be held up, may fail."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.running = 0
        self.most = 0
        self.let_go = asyncio.Event()
        self.let_go.set()
        self.five = asyncio.Event()
        self.failures: dict[str, list[Failure]] = {}
        self.seconds = 0.0

    async def __call__(
        self, source: Side, destination: Side, ledger: Ledger, settings: Settings, number: int, sink: Sink, *, pace: AccountPace
    ) -> Outcome:
        login = source.credentials.login
        self.begun.append(login)
        self.running += 1
        self.most = max(self.most, self.running)
        if self.running == 5:
            self.five.set()
        try:
            folder = await ledger.bind(b"INBOX", b"INBOX")
            sink.expect(3, 600)
            sink.enter("INBOX")
            intent = await ledger.begin(folder.id, 1, 1, [1, 2, 3])
            await self.let_go.wait()
            await asyncio.sleep(self.seconds)
            await ledger.settle(intent, [MessageRow(uid, Fate.COPIED, number, destination_uid=uid, size=200) for uid in (1, 2, 3)])
            sink.advance(3, 600)
            sink.write(Entry(Level.INFO, "folder-done", "INBOX is done", "INBOX"))
            if self.failures.get(login):
                return Outcome(RunStatus.FAILED, self.failures[login].pop(0), 0.1, 600, ())
            return Outcome(RunStatus.COMPLETED, None, 0.1, 600, (FolderResult("INBOX", "INBOX", Tally(copied=3)),), flags_changed=2)
        finally:
            self.running -= 1


def started(ring: KeyRing, count: int = 3, **names: str):  # type: ignore[no-untyped-def] # a Run; Django is not set up when this is read
    from trasloco.jobs.dispatch import start
    from trasloco.testing.migration_rows import small_migration

    return start(small_migration(ring, count, **names))


def statuses() -> Counter[str]:
    from trasloco.records.models import Transfer

    return Counter(Transfer.objects.values_list("status", flat=True))


async def worked(run, copies: Copies, **options) -> None:  # type: ignore[no-untyped-def]
    from trasloco.jobs.worker import until_ended, work

    async with asyncio.timeout(60):
        await work(until=until_ended(run), copy=copies, **options)


async def test_a_run_goes_through(ring: KeyRing) -> None:
    from trasloco.records.queries import progress, report

    run = await sync_to_async(started)(ring, 5)
    copies = Copies()
    await worked(run, copies, runs=[run.pk])
    assert sorted(copies.begun) == [f"a{n}@example.org" for n in range(1, 6)]
    now = await sync_to_async(progress)(run)
    assert now.status == "completed"
    assert now.states == {"completed": 5}
    assert (now.done_messages, now.copied_bytes) == (15, 3000)
    written = await sync_to_async(report)(await sync_to_async(lambda: run.migration.code)())
    assert written is not None
    first = written["accounts"][0]
    assert first["source"] == "a1@example.org"
    assert first["messages"]["copied"] == 3
    assert first["runs"][0]["status"] == "completed"
    assert first["runs"][0]["error"] is None
    assert first["runs"][0]["bytes"] == 600
    assert first["runs"][0]["flags_changed"] == 2
    assert first["runs"][0]["folders"] == [
        {"source": "INBOX", "destination": "INBOX", "note": "", "messages": Tally(copied=3).as_dict()},
    ]


async def test_lines_of_the_log_say_by_fields_what_they_are_about(ring: KeyRing) -> None:
    from trasloco.records.log_fields import log_fields

    seen: list[tuple[str, dict[str, str | int]]] = []

    class Seen(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append((record.getMessage(), dict(log_fields())))

    run = await sync_to_async(started)(ring, 2)
    code, accounts = await sync_to_async(lambda: (run.migration.code, set(run.transfers.values_list("account_id", "pk"))))()
    log, handler = logging.getLogger("trasloco.jobs.carry_out"), Seen()
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        await worked(run, Copies(), runs=[run.pk])
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
    begun = [fields for words, fields in seen if "begins" in words]
    ended = [fields for words, fields in seen if "completed" in words]
    for fields in (begun, ended):
        assert {(each["account_id"], each["transfer_id"]) for each in fields} == accounts
        assert {(each["migration"], each["run"]) for each in fields} == {(code, 1)}


async def test_the_caps_hold(ring: KeyRing) -> None:
    from trasloco.plan.shares import Cap, Caps

    run = await sync_to_async(started)(ring, 30)
    copies = Copies()
    copies.seconds = 0.05
    await worked(run, copies, runs=[run.pk], concurrency=20, caps=Caps(source=Cap(connections=4)))
    assert copies.most <= 10  # start() admitted with the default caps: 10 for a source host
    assert len(copies.begun) == 30


async def test_later_is_tried_again_and_never_is_not(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.records import actions
    from trasloco.records.queries import progress

    monkeypatch.setattr(actions, "FIRST_DELAY", 0.01)
    run = await sync_to_async(started)(ring, 3)
    copies = Copies()
    later = Failure(SideName.SOURCE, Scope.ACCOUNT, Retry.LATER, "busy", "come back later")
    never = Failure(SideName.SOURCE, Scope.ACCOUNT, Retry.NEVER, "login-refused", "the password is wrong")
    copies.failures = {"a1@example.org": [later, later], "a2@example.org": [never, never], "a3@example.org": [later] * 9}
    await worked(run, copies, runs=[run.pk])
    times = Counter(copies.begun)
    assert times == {"a1@example.org": 3, "a2@example.org": 1, "a3@example.org": 5}
    now = await sync_to_async(progress)(run)
    assert now.status == "completed_with_errors"
    assert [account.status for account in now.accounts] == ["completed", "failed", "failed"]
    assert [account.words for account in now.accounts] == ["", "the password is wrong", "come back later"]


async def test_stopped_it_hands_everything_back_and_goes_on_later(ring: KeyRing) -> None:
    from trasloco.jobs.worker import work
    from trasloco.records.models import Run

    run = await sync_to_async(started)(ring, 25)
    copies = Copies()
    copies.let_go.clear()
    stop = asyncio.Event()
    working = asyncio.create_task(work(concurrency=5, stop=stop, runs=[run.pk], copy=copies))
    async with asyncio.timeout(20):
        await copies.five.wait()
        stop.set()
        await working
    assert await sync_to_async(statuses)() == {"waiting": 25}
    assert (await sync_to_async(Run.objects.get)(pk=run.pk)).status == "running"
    copies.let_go.set()
    await worked(run, copies, runs=[run.pk], concurrency=5)
    assert await sync_to_async(statuses)() == {"completed": 25}


async def test_a_mistake_of_ours_stays_with_its_account(ring: KeyRing) -> None:
    from trasloco.records.queries import progress

    copies = Copies()

    async def clumsy(
        source: Side, destination: Side, ledger: Ledger, settings: Settings, number: int, sink: Sink, *, pace: AccountPace
    ) -> Outcome:
        if source.credentials.login == "a2@example.org":
            raise ZeroDivisionError("secret details")
        return await copies(source, destination, ledger, settings, number, sink, pace=pace)

    run = await sync_to_async(started)(ring, 3)
    await worked(run, clumsy, runs=[run.pk])  # type: ignore[arg-type]
    now = await sync_to_async(progress)(run)
    assert [account.status for account in now.accounts] == ["completed", "failed", "completed"]
    assert now.accounts[1].failure_code == "internal-error"
    assert "secret details" not in now.accounts[1].words


async def test_a_worker_for_one_run_leaves_the_others_alone(ring: KeyRing) -> None:
    from trasloco.jobs.recovery import hand_back_admitted

    mine = await sync_to_async(started)(ring, 2)
    other = await sync_to_async(started)(ring, 2, domain="other.example")
    copies = Copies()
    await worked(mine, copies, runs=[mine.pk])
    assert len(copies.begun) == 2
    # What was let in for a command that works for it alone is that command's, until it gives it back or is gone for two minutes.
    await sync_to_async(hand_back_admitted)([other.pk])
    await worked(other, copies)
    assert len(copies.begun) == 4


async def test_the_database_may_go_away_for_a_moment(ring: KeyRing, clean_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    from trasloco.records import actions

    # An account whose statement is on its way when the connection is cut is tried again: a quarter of a minute later elsewhere.
    monkeypatch.setattr(actions, "FIRST_DELAY", 0.01)
    run = await sync_to_async(started)(ring, 30)
    copies = Copies()
    copies.seconds = 0.3

    async def cut() -> None:
        for _ in range(3):
            await asyncio.sleep(0.7)
            async with await psycopg.AsyncConnection.connect(clean_database.conninfo, autocommit=True) as connection:
                await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    cutting = asyncio.create_task(cut())
    await worked(run, copies, runs=[run.pk], concurrency=5)
    await cutting
    assert await sync_to_async(statuses)() == {"completed": 30}
