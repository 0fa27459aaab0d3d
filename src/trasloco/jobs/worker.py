"""A worker in this process: takes jobs, and on every tick admits, recovers and looks whether it is done.

One event loop carries all transfers; uvloop serves as well as asyncio's own. Signals are the caller's
business: he sets ``stop``. Then everything under way is put down and handed back, so that draining takes
seconds, not the hours a mailbox may take; what was being sent is sorted out by the ledger's intents.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections
from procrastinate.app import WorkerOptions
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector

from trasloco.jobs import recovery
from trasloco.jobs.chores import do_chores
from trasloco.jobs.database_thread import in_thread
from trasloco.jobs.dispatch import AT_ONCE
from trasloco.jobs.figures import Figures
from trasloco.jobs.loop_lag import watch_loop
from trasloco.jobs.presence import Presence
from trasloco.jobs.registration import About
from trasloco.jobs.traces import Traces
from trasloco.jobs.workshop import RunAccount, Workshop
from trasloco.plan.shares import Caps
from trasloco.records.connection_pool import connection_pool, conninfo, renew
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import UNFINISHED_RUN, Run
from trasloco.records.presence_locks import STALLED_SECONDS
from trasloco.records.queue_names import ERRANDS, ERRANDS_AT_ONCE, QUEUES, TRANSFERS, queue_name

log = logging.getLogger(__name__)

TICK_SECONDS = 0.5
RECOVERY_SECONDS = 2.0
HEARTBEAT_SECONDS = 3.0
DRAIN_SECONDS = 30.0
AWAY_SECONDS = 3.0  # to stop while the database is away
CHORES_SECONDS = 1.0

_AWAY = (DatabaseError, InterfaceError, psycopg.Error, ConnectorException)


async def work(
    concurrency: int = AT_ONCE,
    until: Callable[[], Awaitable[bool]] | None = None,
    stop: asyncio.Event | None = None,
    *,
    runs: Collection[int] | None = None,
    queues: Collection[str] = QUEUES,
    caps: Caps | None = None,
    copy: RunAccount | None = None,
    figures: Figures | None = None,
    traces: Traces | None = None,
    abandon: Callable[[], object] | None = None,
) -> None:
    """Work until ``until`` says so, ``stop`` is set, or this task is cancelled.

    concurrency: transfers at once in this process. runs: ids of the only runs to work for; None: all there are, and then
    queues: of ``QUEUES``, which of them: what is not among them is left to other workers.
    caps: of admission, instead of those of the installation.
    copy: instead of the engine's ``run_account``. figures: counts what is done. traces: what is traced of it. abandon: ends this process at
    once; called when we are to stop and the database stays away. Raises ``KeyProblem`` when the key ring cannot be used.
    """
    ring = KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE)
    scope = None if runs is None else tuple(runs)
    where = conninfo()
    # A worker of Procrastinate for each queue: neither takes the other's places.
    slots = {TRANSFERS: concurrency, ERRANDS: ERRANDS_AT_ONCE}
    taken = {name: [name] for name in queues} if scope is None else {TRANSFERS: [queue_name(run) for run in scope]}
    about = About.this_process(concurrency, [queue for names in taken.values() for queue in names])
    async with connection_pool(where) as pool, Presence(where, about) as presence:
        hands = None if scope is not None else concurrency if TRANSFERS in queues else 0
        counted, traced = figures or Figures(), traces or Traces()
        workshop = Workshop(pool, ring, presence, concurrency, caps, scope, hands, figures=counted, traces=traced)
        if copy is not None:
            workshop.copy = copy
        await in_thread(recovery.recover)
        log.info("working, up to %s accounts at once", concurrency)
        with app.replace_connector(PsycopgConnector()):
            async with app.open_async(pool):
                taking = [asyncio.create_task(_take_jobs(workshop, slots[name], names), name=name) for name, names in taken.items()]
                beside = [asyncio.create_task(each, name=name) for name, each in _beside(workshop, figures)]
                try:
                    await _tick_until(workshop, until, stop or asyncio.Event(), taking)
                finally:
                    await _put_down(workshop, taking, abandon)
                    for task in beside:
                        task.cancel()
                    await asyncio.wait(beside)


def until_ended(run: Run) -> Callable[[], Awaitable[bool]]:
    """For ``work(until=...)``: whether this run has ended."""

    def ended() -> bool:
        return not Run.objects.filter(pk=run.pk, status__in=UNFINISHED_RUN).exists()

    async def ask() -> bool:
        return await in_thread(ended)

    return ask


async def _take_jobs(workshop: Workshop, concurrency: int, queues: Sequence[str]) -> None:
    """Procrastinate's worker of these queues; it ends when the database goes away, and then begins again."""
    options: WorkerOptions = {
        "name": "trasloco",
        "queues": list(queues),
        "concurrency": concurrency,
        "fetch_job_polling_interval": 2.0,
        "update_heartbeat_interval": HEARTBEAT_SECONDS,
        "stalled_worker_timeout": STALLED_SECONDS,
        "shutdown_graceful_timeout": DRAIN_SECONDS,
        "delete_jobs": "always",
        "install_signal_handlers": False,
        "additional_context": {"workshop": workshop},
    }
    while True:
        try:
            await app.run_worker_async(**options)
        except _AWAY as error:
            log.warning("the queue cannot be reached: %s", error)
        await asyncio.sleep(1.0)


async def _stay_present(workshop: Workshop) -> None:
    """Notice a lost database within a moment. Not part of the tick, which may be waiting for a connection itself."""
    while True:
        await asyncio.sleep(TICK_SECONDS)
        try:
            if not await workshop.presence.check():
                await renew(workshop.pool)
        except psycopg.Error as error:
            log.warning("the worker's connections could not be renewed yet: %s", error)


def _beside(workshop: Workshop, figures: Figures | None) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
    """What goes on beside the transfers until the end, by name."""
    yield "presence", _stay_present(workshop)
    yield "pacing", workshop.pacing.keep()
    if figures is not None:
        yield "loop-lag", watch_loop(figures)
    if workshop.runs is None:
        yield "chores", _do_chores()


async def _do_chores() -> None:
    """In a thread and on a connection of their own: asking name servers, or removing a ledger of millions, holds nobody up."""
    while True:
        await asyncio.sleep(CHORES_SECONDS)
        try:
            await asyncio.to_thread(_chores)
        except _AWAY as error:
            log.warning("the chores wait, because the database cannot be reached: %s", error)


def _chores() -> None:
    close_old_connections()
    try:
        do_chores()
    finally:
        close_old_connections()


async def _tick_until(
    workshop: Workshop, until: Callable[[], Awaitable[bool]] | None, stop: asyncio.Event, taking: Sequence[asyncio.Task[None]]
) -> None:
    recovered = time.monotonic()
    while not stop.is_set():
        try:
            if time.monotonic() - recovered >= RECOVERY_SECONDS:
                recovered = time.monotonic()
                await in_thread(recovery.recover)
                await in_thread(recovery.hand_back_forgotten, workshop.presence.workers, tuple(workshop.in_hand))
            await workshop.admit()
            if until is not None and await until():
                return
        except _AWAY as error:
            log.warning("the database cannot be reached: %s", error)
        for queue in taking:
            if queue.done():
                queue.result()  # a mistake of ours: not to be worked around
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TICK_SECONDS):
                await stop.wait()


async def _put_down(workshop: Workshop, taking: Sequence[asyncio.Task[None]], abandon: Callable[[], object] | None) -> None:
    """Hand everything back and let the queue's worker go."""
    workshop.stopping.set()
    for queue in taking:
        queue.cancel()
    telling = asyncio.create_task(workshop.presence.drain())  # beside: a database that hangs holds nobody up
    if workshop.presence.lost and abandon is not None:
        _, going = await asyncio.wait(taking, timeout=AWAY_SECONDS)
        if going:  # it insists on writing down that it ends; whoever comes next sees that we are gone
            log.warning("stopped without the database; what was under way is handed back by the next worker that starts")
            abandon()
    for queue in taking:
        with contextlib.suppress(asyncio.CancelledError, *_AWAY):
            await queue
    telling.cancel()
    if workshop.runs is not None and not workshop.presence.lost:
        with contextlib.suppress(*_AWAY):
            await in_thread(recovery.hand_back_admitted, workshop.runs)
