"""The verification a migration wanted after its last run: every account's destination read again and compared."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

import psycopg
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from trasloco.engine.account import Side
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.reach import reach
from trasloco.engine.resolve import resolve
from trasloco.engine.verify import Verification, verify_account
from trasloco.jobs.database_thread import in_thread
from trasloco.plan.address_policy import OPERATORS_WORD
from trasloco.records.connection_pool import Pool
from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.models import Account, Run
from trasloco.records.postgres_ledger import PostgresLedger
from trasloco.records.sides import sides
from trasloco.records.verification import keep_verification
from trasloco.sentence import sentence as _

log = logging.getLogger(__name__)

AT_ONCE = 4
SAMPLE = 200
"""Messages of each account where a migration asks for a sample."""


async def verify_run(run_id: int, pool: Pool, ring: KeyRing) -> None:
    """Verify the accounts that were not yet, since the run's end; then the run is marked as verified."""
    found = await in_thread(_begin, run_id)
    if found is None:
        return
    accounts, sample = found
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(account: Account) -> None:
        async with slots:
            await in_thread(keep_verification, account, await _one(account, sample, pool, ring))

    await asyncio.gather(*(one(account) for account in accounts))
    await in_thread(_end, run_id)


async def _one(account: Account, sample: int | None, pool: Pool, ring: KeyRing) -> Verification:
    """A mistake of ours stays with its account: else the run would be verified again and again, and its end never told."""
    try:
        return await verify(account, sample, pool, ring)
    except (psycopg.Error, DatabaseError, InterfaceError):
        raise  # the database is away: the errand is begun again
    except Exception as error:
        log.exception("migration %s, verification of %s: a mistake of ours", account.migration.code, account.destination_address)
        words = _(
            "Trasloco made a mistake of its own here (%(name)s); nothing was changed. Please report it with the log.",
            name=type(error).__name__,
        )
        return _failed(sample, Failure(SideName.OURS, Scope.ACCOUNT, Retry.NEVER, "internal-error", words))


async def verify(
    account: Account, sample: int | None, pool: Pool, ring: KeyRing, told: Callable[[int, int], None] | None = None
) -> Verification:
    """One account (its migration fetched too). sample: messages, None for all. told: messages, bytes read so far.

    Failures are in the result.
    """
    try:
        source, destination = await in_thread(sides, account, ring)
    except KeyProblem as error:
        return _failed(sample, Failure(SideName.OURS, Scope.ACCOUNT, Retry.NEVER, "password-not-readable", str(error)))
    where = await resolve(destination.endpoint, OPERATORS_WORD, name=SideName.DESTINATION)
    if isinstance(where, Failure):
        return _failed(sample, where)
    ledger = PostgresLedger(pool, account_id=account.pk, transfer_id=0, fence=0)  # of no transfer: it only reads
    reachable = await _source(source, allow_private=account.migration.allow_private_addresses)
    return await verify_account(reachable, replace(destination, endpoint=where), ledger, sample=sample, told=told)


async def _source(source: Side, *, allow_private: bool) -> Side | None:
    """The source, None when its name leads nowhere any more: after a migration that is no wonder."""
    resolved = await resolve(source.endpoint, reach(private=allow_private), name=SideName.SOURCE)
    return None if isinstance(resolved, Failure) else replace(source, endpoint=resolved)


def _failed(sample: int | None, failure: Failure) -> Verification:
    return Verification(sample, 0, {}, (), failure, 0.0, 0)


def _begin(run_id: int) -> tuple[list[Account], int | None] | None:
    run = Run.objects.select_related("migration").filter(pk=run_id, verified_at=None, ended_at__isnull=False).first()
    if run is None:
        return None
    accounts = run.migration.accounts.filter(left_out=False).exclude(verifications__at__gte=run.ended_at)
    return list(accounts.select_related("migration").order_by("line")), SAMPLE if run.migration.verification == "sample" else None


def _end(run_id: int) -> None:
    Run.objects.filter(pk=run_id).update(verified_at=timezone.now())
