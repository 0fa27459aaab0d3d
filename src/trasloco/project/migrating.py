"""One CSV moved through its runs, by the same tasks as the service uses, with a worker in this process.

Import it inside ``project.database.prepare()``: the records need Django to be set up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import DatabaseError, InterfaceError

from trasloco.documents.units import count_words
from trasloco.engine.account import Settings
from trasloco.jobs.database_thread import in_thread
from trasloco.jobs.dispatch import start
from trasloco.jobs.worker import until_ended, work
from trasloco.plan.endpoints import source_endpoint
from trasloco.plan.pace_limits import PaceLimits
from trasloco.plan.table import Row
from trasloco.plan.window import Window
from trasloco.project.destination import Destination
from trasloco.project.encryption import Encryption
from trasloco.project.interruption import Interruption
from trasloco.project.paths import master_key_file
from trasloco.project.progress import AccountProgress, Progress
from trasloco.project.rest_words import rest_hour
from trasloco.project.watching import watch
from trasloco.records import clock, opening, queries
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import UNFINISHED_RUN, DestinationLogin, MailMigration, Run
from trasloco.records.resting import rest_of
from trasloco.sources.oauth_settings import OauthSettings

_STOPPING = (
    "Stopping: what is under way is brought to a safe point first. "
    "Nothing is lost; the same command goes on where it was. (Once more ends it at once.)"
)


def open_migration(
    rows: Sequence[Row],
    destination: Destination,
    encryption: Encryption,
    settings: Settings,
    source_type: str,
    *,
    allow_private: bool,
    oauth: OauthSettings | None = None,
    limits: PaceLimits | None = None,
    window: Window | None = None,
) -> MailMigration:
    """The migration of these rows, found or made; passwords, settings, limits and hours are those given now."""
    accounts = [
        opening.AccountRow(
            row.line,
            row.destination,
            source_endpoint(row.host, row.port, tls=encryption.tls, starttls=encryption.starttls, speech=row.speech),
            row.login,
            row.password,
            row.master,
            destination.passwords.get(row.destination.casefold()),
        )
        for row in rows
    ]
    form = DestinationLogin(destination.form.value)
    target = opening.Destination(destination.endpoint, form, destination.user, destination.secret, destination.separator)
    ring = KeyRing.open(master_key_file())
    return opening.open_migration(
        accounts,
        target,
        settings,
        ring,
        source_type=source_type,
        allow_private_addresses=allow_private,
        source_oauth=oauth.as_secret() if oauth else None,
        limits=limits,
        window=window,
    )


def runs_to_make(migration: MailMigration, wanted: int) -> tuple[int, int]:
    """The numbers of the first and the last run to work on: ``wanted`` runs in all, but always one that brings something.

    An unfinished run is finished; when all are finished there is a further one.
    """
    finished = _finished_runs(migration)
    return finished + 1, max(wanted, finished + 1)


@dataclass(frozen=True, slots=True)
class Ending:
    """How ``migrate`` ended. finished: all runs are made. goes_on: when it goes on where all that is left rests. Neither: a signal came."""

    finished: bool = False
    goes_on: datetime | None = None


async def migrate(migration: MailMigration, last: int, at_once: int, *, wait: bool = False) -> Ending:
    """Work through the runs up to number ``last``, showing progress.

    at_once: accounts. wait: for what rests; else it ends when nothing else is left.
    """
    async with Interruption(_STOPPING) as stop:
        while not stop.is_set():
            if await in_thread(_finished_runs, migration) >= last:
                return Ending(finished=True)
            run = await in_thread(start, migration, total=at_once)
            goes_on = await _run(migration, run, last, at_once, stop, wait=wait)
            if goes_on is not None and not stop.is_set():
                return Ending(goes_on=goes_on)
    return Ending()


async def _run(migration: MailMigration, run: Run, last: int, at_once: int, stop: asyncio.Event, *, wait: bool) -> datetime | None:
    """One run to its end, or until ``stop``, or until all that is left of it rests: then when it goes on."""
    accounts = await in_thread(migration.accounts.count)
    title = f"Run {run.number} of {last}, migration {migration.code}, {count_words(accounts, 'account')}"
    ended = asyncio.Event()

    async def look() -> Progress | None:
        try:
            goes_on = await in_thread(_goes_on, run) if wait else None
            shown = f"{title}. {rest_hour(goes_on, datetime.now(UTC))}" if goes_on else title
            return _seen(shown, await in_thread(queries.progress, run))
        except (DatabaseError, InterfaceError):
            return None  # the worker waits for the database to come back, and so does the screen

    run_ended = until_ended(run)

    async def until() -> bool:
        return await run_ended() or (not wait and await in_thread(_goes_on, run) is not None)

    watching = asyncio.create_task(watch(look, ended))
    try:
        await work(at_once, until, stop, runs=[run.pk])
    finally:
        ended.set()
        await watching
    return None if wait else await in_thread(_goes_on, run)


def _goes_on(run: Run) -> datetime | None:
    return rest_of(run, clock.now()).goes_on


def _finished_runs(migration: MailMigration) -> int:
    return migration.runs.exclude(status__in=UNFINISHED_RUN).count()


def _seen(title: str, run: queries.RunProgress) -> Progress:
    return Progress(title, tuple(_account(account) for account in run.accounts))


def _account(row: queries.AccountProgress) -> AccountProgress:
    unknown = not row.finished and not row.expected_messages and not row.done_messages
    return AccountProgress(
        key=row.line,
        name=row.destination,
        status=row.status,
        done=row.done_messages,
        expected=None if unknown else row.expected_messages,
        size=row.copied_bytes,
        expected_size=row.expected_bytes,
        folder=row.folder,
        words=row.words,
        seconds=row.seconds or None,
    )
