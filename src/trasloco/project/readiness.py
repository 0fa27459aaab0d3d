"""Can this process do its work: is the database there, its schema current, a worker alive? Asked by probes, every few seconds.

What is said is for whoever can reach the port: which part is missing and what to do, never a name, an address or what
PostgreSQL said; that stands in the log.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from dataclasses import dataclass

import psycopg

from trasloco.project.database import pending_migrations
from trasloco.records.database_unavailable import DatabaseUnavailable
from trasloco.records.workers import somebody_works

log = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
"""For which an answer is given again: however often it is asked, the database is not asked more often."""

CONNECT_SECONDS, STATEMENT_SECONDS, PATIENCE_SECONDS = 3, 3, 5.0

DATABASE, SCHEMA, WORKER = "database", "schema", "worker"
PARTS = (DATABASE, SCHEMA, WORKER)

_NO_DATABASE = "The database cannot be reached. Start it, or look whether DATABASE_URL is right; the log says what PostgreSQL said."
_SILENT = "The database does not answer in time. Look how it is with its machine and with the network in between."
_NOT_ASKED = "Nobody knows, as the database cannot be asked."
_OLD_SCHEMA = "The database is of an older version. Start a process of this one: it brings the schema up to date."
_NO_WORKER = "No worker is alive. Start “trasloco worker”, or “trasloco serve”, which has one; its log says why the last one ended."
_NOT_WORKING = "This worker takes no work: it begins, is being stopped, or has lost the database; the log says which."


@dataclass(frozen=True, slots=True)
class Check:
    """A part, and what is missing of it in words; "" when it is well."""

    part: str
    missing: str = ""


class Readiness:
    """of_worker: that this very process works is what counts, else that anybody does. Django has to be set up."""

    def __init__(self, conninfo: str, *, of_worker: bool = False) -> None:
        self._conninfo = conninfo
        self._of_worker = of_worker
        self._asked = float("-inf")
        self._looking: asyncio.Task[tuple[Check, ...]] | None = None
        self._said: tuple[str, ...] = ()

    async def checks(self) -> tuple[Check, ...]:
        """Each of ``PARTS``. Never takes longer than a few seconds, and raises nothing."""
        if self._looking is None or (self._looking.done() and time.monotonic() - self._asked >= FRESH_SECONDS):
            self._asked = time.monotonic()
            self._looking = asyncio.create_task(asyncio.to_thread(self._look))
        try:
            return await asyncio.wait_for(asyncio.shield(self._looking), PATIENCE_SECONDS)
        except TimeoutError:
            return _without_database(_SILENT)

    def _look(self) -> tuple[Check, ...]:
        found, why = self._ask()
        said = tuple(check.missing for check in found if check.missing)
        if said != self._said:  # once, not at each probe
            self._said = said
            log.log(logging.WARNING if said else logging.INFO, "%s", " ".join((*said, why)).strip() or "all is ready")
        return found

    def _ask(self) -> tuple[tuple[Check, ...], str]:
        """What was found, and what PostgreSQL said."""
        try:
            with psycopg.connect(self._conninfo, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
                connection.execute(f"SET statement_timeout = '{STATEMENT_SECONDS}s'")
                return (Check(DATABASE), *self._parts(connection)), ""
        except psycopg.errors.QueryCanceled as error:
            return _without_database(_SILENT), _line(error)
        except psycopg.Error as error:
            return _without_database(_NO_DATABASE), _line(error)

    def _parts(self, connection: psycopg.Connection[tuple[object, ...]]) -> tuple[Check, Check]:
        try:
            old = bool(pending_migrations(connection))
        except DatabaseUnavailable:
            old = False  # of a newer version: an upgrade is on its way, and we go on meanwhile
        if old:
            return Check(SCHEMA, _OLD_SCHEMA), Check(WORKER, _OLD_SCHEMA)
        if self._of_worker:
            return Check(SCHEMA), Check(WORKER, "" if somebody_works(connection, os.getpid(), socket.gethostname()) else _NOT_WORKING)
        return Check(SCHEMA), Check(WORKER, "" if somebody_works(connection) else _NO_WORKER)


def _without_database(words: str) -> tuple[Check, ...]:
    return Check(DATABASE, words), Check(SCHEMA, _NOT_ASKED), Check(WORKER, _NOT_ASKED)


def _line(error: psycopg.Error) -> str:
    return f"PostgreSQL said: {' '.join(str(error).split())}"
