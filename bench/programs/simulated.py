"""A worker of many accounts whose engine only pretends: what queue, ledger and the records around them cost for each.

What the task says of a window: ``first``: as many accounts as it says are planned, and all of them wait. ``last``: all but
a few are done, each with its rows in the ledger. Then so many transfers are made, and that is what is measured.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from bench.programs.readiness import arguments, done, wait_for_the_word
from trasloco.engine.account import FolderResult, Outcome, RunStatus, Settings, Side
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import Ledger, MessageRow
from trasloco.engine.sink import Sink
from trasloco.project.database import prepare
from trasloco.project.event_loop import run

HANDS = 20
SECONDS = 0.1
"""Of a pretended copy."""

BATCHES, EACH, SIZE = 2, 10, 20_000
"""Of its messages."""


def main() -> None:
    task = arguments()
    with prepare():
        if task["window"] == "first":
            _plan(task["accounts"])
        else:
            _leave(task["transfers"] + HANDS)
        run(_work(task["transfers"]))


def _plan(accounts: int) -> None:
    """One migration, its run begun. It takes a while, as one of an operator does."""
    from django.conf import settings

    from trasloco.records.key_ring import KeyRing
    from trasloco.testing.planned_migration import Order, planned
    from trasloco.testing.run_states import begin

    rows = tuple((f"a{number}@example.net", f"a{number}@example.org", "a password") for number in range(1, accounts + 1))
    limits = {"connections_per_host": HANDS}
    begin(planned(KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE), Order(accounts=rows, second_minutes=None, settings=limits)))
    _tidy()


def _leave(waiting: int) -> None:
    """All others are done, as the first one was: its rows stand for theirs, too."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE model ON COMMIT DROP AS SELECT id, account_id FROM trasloco_transfer WHERE status = 'completed' LIMIT 1"
        )
        cursor.execute(
            "CREATE TEMP TABLE done ON COMMIT DROP AS SELECT id, account_id FROM trasloco_transfer"
            " WHERE status = 'waiting' AND started_at IS NULL ORDER BY id DESC OFFSET %s",
            [waiting],
        )
        others = {"trasloco_folder_tally": "transfer_id", "trasloco_log_entry": "transfer_id", "trasloco_ledger_folder": "account_id"}
        for table, owner in others.items():
            key = "id" if owner == "transfer_id" else "account_id"
            columns = _columns(cursor, table, {"id", owner})
            theirs = ", ".join(f"t.{name}" for name in columns)
            cursor.execute(
                f"INSERT INTO {table} ({owner}, {', '.join(columns)}) SELECT d.{key}, {theirs} FROM {table} t"
                f" JOIN model m ON m.{key} = t.{owner} CROSS JOIN done d"
            )
        columns = _columns(cursor, "trasloco_ledger_message", {"folder_id"})
        theirs = ", ".join(f"s.{name}" for name in columns)
        cursor.execute(
            f"INSERT INTO trasloco_ledger_message (folder_id, {', '.join(columns)}) SELECT f.id, {theirs}"
            " FROM trasloco_ledger_folder f JOIN done d ON d.account_id = f.account_id CROSS JOIN ("
            "SELECT s.* FROM trasloco_ledger_message s JOIN trasloco_ledger_folder o ON o.id = s.folder_id JOIN model m USING (account_id)"
            ") s"
        )
        cursor.execute(
            "UPDATE trasloco_transfer SET status = 'completed', started_at = now(), ended_at = now(), worker = NULL, fence = fence + 2,"
            " done_messages = %s, copied_bytes = %s WHERE id IN (SELECT id FROM done)",
            [BATCHES * EACH, BATCHES * EACH * SIZE],
        )
        cursor.execute("DELETE FROM procrastinate_jobs")  # of whom the first window left behind
    _tidy(analyze=False)


def _columns(cursor: Any, table: str, without: set[str]) -> list[str]:
    cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'", [table])
    return [name for (name,) in cursor.fetchall() if name not in without]


def _tidy(*, analyze: bool = True) -> None:
    """As PostgreSQL does by itself after a while. Not to analyze is the harder case: it still believes what was true before."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if analyze else "VACUUM")
        cursor.execute("CHECKPOINT")


async def _work(transfers: int) -> None:
    from trasloco.jobs.worker import work

    stop, begun, ended = asyncio.Event(), False, 0

    async def pretend(source: Side, destination: Side, ledger: Ledger, settings: Settings, number: int, sink: Sink, **_: Any) -> Outcome:
        nonlocal begun, ended
        if not begun:
            begun = True
            wait_for_the_word()  # the worker is up; nothing else of it goes on meanwhile
        outcome = await _pretended(ledger, number, sink)
        ended += 1
        if ended == transfers:
            done()
            stop.set()
        return outcome

    await work(HANDS, stop=stop, copy=pretend)


async def _pretended(ledger: Ledger, number: int, sink: Sink) -> Outcome:
    """One folder, its messages in batches: what the engine asks of ledger and sink for it."""
    messages = BATCHES * EACH
    sink.expect(messages, messages * SIZE)
    await ledger.folders()
    folder = await ledger.bind(b"INBOX", b"INBOX")
    await ledger.revalidate(folder.id, 1, 1)
    for batch in range(BATCHES):
        uids = range(batch * EACH + 1, (batch + 1) * EACH + 1)
        intent = await ledger.begin(folder.id, 1, uids[0], list(uids))
        await asyncio.sleep(SECONDS / BATCHES)
        rows = [MessageRow(uid, Fate.COPIED, number, uid, SIZE, uid.to_bytes(32), "\\Seen") for uid in uids]
        await ledger.settle(intent, rows)
        sink.advance(EACH, EACH * SIZE)
    tally = Tally(copied=messages)
    ended = replace(folder, source_uidvalidity=1, destination_uidvalidity=1, source_uidnext=messages + 1, source_messages=messages)
    await ledger.complete(replace(ended, run=number, tally=tally))
    return Outcome(RunStatus.COMPLETED, None, SECONDS, messages * SIZE, (FolderResult("INBOX", "INBOX", tally),))


if __name__ == "__main__":
    main()
