"""What a worker counts: by batches, under names and labels that do not grow with customers."""

from __future__ import annotations

import asyncio
import re
import time

import pytest
from asgiref.sync import sync_to_async
from prometheus_client import CollectorRegistry

from tests.docs.test_failures import documented
from tests.jobs.test_worker import Copies, started, worked
from trasloco.engine.account import Outcome, RunStatus
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.fate import Fate
from trasloco.engine.ledger import MessageRow
from trasloco.jobs.figures import Figures, counted
from trasloco.jobs.loop_lag import watch_loop
from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def figures(registry: CollectorRegistry) -> Figures:
    from trasloco.jobs.prometheus_figures import PrometheusFigures

    return PrometheusFigures(registry)


def value(registry: CollectorRegistry, name: str, **labels: str) -> float:
    """0 where there is no such series: then nothing was counted."""
    return registry.get_sample_value(f"trasloco_{name}", labels) or 0.0


async def test_a_run_is_counted_from_its_messages_to_its_ends(ring: KeyRing, registry: CollectorRegistry, figures: Figures) -> None:
    run = await sync_to_async(started)(ring, 4)
    copies = Copies()
    never = Failure(SideName.SOURCE, Scope.ACCOUNT, Retry.NEVER, "login-refused", "The server refuses the login.")
    copies.failures["a2@example.org"] = [never]
    await worked(run, copies, runs=[run.pk], figures=figures)
    assert value(registry, "messages_total", fate="copied") == 12
    assert value(registry, "copied_bytes_total") == 2400
    assert value(registry, "transfer_attempts_total", outcome="completed") == 3
    assert value(registry, "transfer_attempts_total", outcome="failed") == 1
    assert value(registry, "failures_total", code="login-refused", side="source") == 1
    assert value(registry, "transfer_attempt_seconds_count") == 4
    assert value(registry, "transfers_in_hand") == 0
    assert value(registry, "ledger_statement_seconds_count", statement="settle") == 4
    assert value(registry, "ledger_statement_seconds_count", statement="begin") == 4


async def test_what_is_in_hand_is_seen_meanwhile_and_what_is_put_down_is_told_apart(
    ring: KeyRing, registry: CollectorRegistry, figures: Figures
) -> None:
    from trasloco.jobs.worker import work

    run = await sync_to_async(started)(ring, 5)
    copies, stop = Copies(), asyncio.Event()
    copies.let_go.clear()
    working = asyncio.create_task(work(runs=[run.pk], copy=copies, stop=stop, figures=figures))
    async with asyncio.timeout(60):
        await copies.five.wait()
        assert value(registry, "transfers_in_hand") == 5
        stop.set()
        await working
    assert value(registry, "transfers_in_hand") == 0
    assert value(registry, "transfer_attempts_total", outcome="put_down") == 5
    assert value(registry, "messages_total", fate="copied") == 0  # begun and not settled: the next worker's


def test_a_failure_that_may_pass_counts_as_later_and_an_unknown_code_as_other(registry: CollectorRegistry, figures: Figures) -> None:
    soon = Failure(SideName.DESTINATION, Scope.ACCOUNT, Retry.LATER, "made-up-just-now", "words of a stranger")
    figures.ended(Outcome(RunStatus.FAILED, soon, 2.0, 0, ()))
    assert value(registry, "transfer_attempts_total", outcome="later") == 1
    assert value(registry, "failures_total", code="other", side="destination") == 1


def test_every_documented_code_has_a_series_of_its_own(registry: CollectorRegistry, figures: Figures) -> None:
    for code in documented("errors.md"):
        figures.ended(Outcome(RunStatus.FAILED, Failure(SideName.OURS, Scope.RUN, Retry.NEVER, code, ""), 1.0, 0, ()))
        assert value(registry, "failures_total", code=code, side="trasloco") == 1


def test_no_series_grows_with_what_strangers_write(registry: CollectorRegistry, figures: Figures) -> None:
    """Labels are few, and their values are the code's own."""
    figures.ended(
        Outcome(RunStatus.FAILED, Failure(SideName.SOURCE, Scope.RUN, Retry.NEVER, "anna@example.org", "secret words"), 1.0, 0, ())
    )
    figures.statement("anna@example.org", 0.1)
    figures.throttled(SideName.SOURCE)
    series = [(sample.name, sample.labels) for family in registry.collect() for sample in family.samples]
    assert {name for _, labels in series for name in labels} <= {"version", "outcome", "code", "side", "fate", "statement", "le"}
    assert all(re.fullmatch(r"[a-z0-9_.+-]*|\+Inf", value) for _, labels in series for value in labels.values())
    assert "@" not in str(series)
    assert value(registry, "throttlings_total", side="source") == 1


def test_the_event_loop_that_was_held_up_is_seen(registry: CollectorRegistry, figures: Figures) -> None:
    async def hold_up() -> None:
        watching = asyncio.create_task(watch_loop(figures, every=0.01))
        await asyncio.sleep(0.05)
        time.sleep(0.3)  # noqa: ASYNC251 - that is the fault
        await asyncio.sleep(0.05)
        watching.cancel()

    asyncio.run(hold_up())
    assert value(registry, "event_loop_lag_seconds_count") >= 2
    assert value(registry, "event_loop_lag_seconds_sum") >= 0.25


async def test_rows_count_when_they_are_written_and_not_before(registry: CollectorRegistry, figures: Figures) -> None:
    class Refusing:
        async def settle(self, intent_id: int, rows: list[MessageRow]) -> None:
            raise RuntimeError("fenced")

        async def record(self, folder_id: int, rows: list[MessageRow]) -> None:
            pass

    ledger = counted(Refusing(), figures)  # type: ignore[arg-type] # two verbs are enough
    rows = [MessageRow(1, Fate.SKIPPED, 1, size=900), MessageRow(2, Fate.REFUSED, 1, size=5)]
    with pytest.raises(RuntimeError):
        await ledger.settle(1, rows)
    assert value(registry, "messages_total", fate="skipped") == 0
    await ledger.record(1, rows)
    assert value(registry, "messages_total", fate="skipped") == 1
    assert value(registry, "messages_total", fate="refused") == 1
    assert value(registry, "copied_bytes_total") == 0
