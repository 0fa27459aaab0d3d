"""Trasloco as its worker runs it: the engine on uvloop with the ledger in PostgreSQL, many accounts at once.

Start-up (imports, schema, the migration's rows) is over before the word; logins, ledger and log-out are measured.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from bench.ends import End, Ends
from bench.programs.readiness import arguments, done, wait_for_the_word
from trasloco.engine.account import RunStatus, Settings, Side
from trasloco.engine.account_run import run_account
from trasloco.engine.failure import SideName
from trasloco.engine.ledger import Ledger
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.sink import QuietSink
from trasloco.imap.endpoint import Endpoint, Security, Trust
from trasloco.imap.sasl import Credentials
from trasloco.project.database import prepare
from trasloco.project.event_loop import run
from trasloco.secret import Secret


def main() -> None:
    task = arguments()
    accounts = [Ends.of_json(ends) for ends in task["accounts"]]
    if task["ledger"] == "memory":
        run(_all(accounts, [MemoryLedger() for _ in accounts], task))
        return
    with prepare() as database:
        run(_with_database(accounts, database.conninfo, task))


async def _with_database(accounts: list[Ends], conninfo: str, task: dict[str, Any]) -> None:
    from asgiref.sync import sync_to_async

    from trasloco.records.connection_pool import connection_pool

    async with connection_pool(conninfo) as pool:
        ledgers = await sync_to_async(_ledgers)(accounts, pool)
        await ledgers[0].confirm()  # a worker that is up has a connection
        await _all(accounts, ledgers, task)


def _ledgers(accounts: list[Ends], pool: Any) -> list[Ledger]:
    """One running transfer for each account, made by the real verbs; a further run finds the same accounts."""
    from django.conf import settings

    from trasloco.records.actions import begin_run, claim_transfer
    from trasloco.records.key_ring import KeyRing
    from trasloco.records.models import DestinationLogin, Run, Transfer, TransferState
    from trasloco.records.opening import AccountRow, Destination, open_migration
    from trasloco.records.postgres_ledger import PostgresLedger

    nowhere = Endpoint("bench.example.org", 993, Security.IMPLICIT, address="127.0.0.1")
    rows = [
        AccountRow(line, f"{ends.destination.user}@example.net", nowhere, ends.source.user, Secret("-"), destination_secret=Secret("-"))
        for line, ends in enumerate(accounts, 1)
    ]
    destination = Destination(nowhere, DestinationLogin.PASSWORD)
    ring = KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE)
    migration = open_migration(rows, destination, Settings(), ring, allow_private_addresses=True)
    run_ = Run.objects.filter(migration=migration).first() or begin_run(migration)
    found: list[Ledger] = []
    for transfer in Transfer.objects.filter(run=run_).order_by("account__line"):
        Transfer.objects.filter(pk=transfer.pk).update(status=TransferState.ADMITTED)
        claim = claim_transfer(transfer.pk, transfer.fence, 1)
        assert claim is not None
        found.append(PostgresLedger(pool, account_id=claim.account.pk, transfer_id=claim.transfer_id, fence=claim.fence))
    return found


async def _all(accounts: list[Ends], ledgers: list[Ledger], task: dict[str, Any]) -> None:
    gate = asyncio.Semaphore(task["at_once"])

    async def one(ends: Ends, ledger: Ledger) -> None:
        async with gate:
            source, destination = _side(SideName.SOURCE, ends.source), _side(SideName.DESTINATION, ends.destination)
            outcome = await run_account(source, destination, ledger, Settings(), task["run"], QuietSink())
            if outcome.status is not RunStatus.COMPLETED:
                sys.stderr.write(f"{outcome.status.value}: {outcome.failure.words if outcome.failure else ''}\n")
                raise SystemExit(1)

    wait_for_the_word()
    await asyncio.gather(*(one(ends, ledger) for ends, ledger in zip(accounts, ledgers, strict=True)))
    done()


def _side(name: SideName, end: End) -> Side:
    security = Security.IMPLICIT if end.tls else Security.PLAIN
    endpoint = Endpoint("localhost", end.port, security, Trust.PIN, address=end.host)
    return Side(name, endpoint, Credentials(end.user, Secret(end.password)))


if __name__ == "__main__":
    main()
