"""One transfer from its claim to its end: sides, ledger, sink, the engine, and what becomes of the outcome.

Nothing that happens to one account reaches another: every way out of here is an outcome written, a
transfer handed back, or a transfer that somebody else owns by now. A killed process leaves a running
row behind, which ``recovery`` hands back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import ParamSpec, TypeVar

import psycopg
from django.db import InterfaceError, OperationalError

from trasloco.engine.account import Outcome, RunStatus, Side
from trasloco.engine.classify import storage
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.first_sight import first_sight, unseen
from trasloco.engine.ledger import Fenced, LedgerUnavailable
from trasloco.engine.pace import RESTS
from trasloco.engine.reach import reach
from trasloco.engine.resolve import resolve
from trasloco.engine.sink import Entry, Level
from trasloco.imap.endpoint import Trust
from trasloco.jobs.database_sink import DatabaseSink
from trasloco.jobs.database_thread import in_thread
from trasloco.jobs.figures import counted
from trasloco.jobs.traces import AccountTrace
from trasloco.jobs.workshop import Workshop
from trasloco.plan.address_policy import OPERATORS_WORD
from trasloco.records.actions import Claim, claim_transfer, clean, finish_transfer, pin_destination, pin_source, release_transfer
from trasloco.records.ended_run import run_ended_by
from trasloco.records.key_ring import KeyProblem
from trasloco.records.log_fields import about
from trasloco.records.models import DestinationLogin
from trasloco.records.postgres_ledger import PostgresLedger
from trasloco.records.sides import engine_settings, sides
from trasloco.sentence import sentence as _

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

PUT_DOWN_SECONDS = 10.0  # for the engine to end after it was cancelled
INSIST_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)


async def carry_out(workshop: Workshop, worker: int, transfer_id: int, ticket: int) -> None:
    """Do the transfer if the ticket is still good, and let the next one in."""
    if workshop.stopping.is_set():
        return
    await workshop.presence.hold(worker)
    workshop.take(transfer_id)
    try:
        claim = await in_thread(claim_transfer, transfer_id, ticket, worker)
        if claim is None:
            return
        fields: dict[str, str | int] = {"migration": claim.account.migration.code, "run": claim.number, "account_id": claim.account.pk}
        trace = workshop.traces.account(claim)
        with about(**fields, transfer_id=claim.transfer_id, **trace.fields):
            await _carry_out(workshop, claim, trace)
    finally:
        workshop.lay_down(transfer_id)
    if not workshop.stopping.is_set():
        await workshop.admit()


async def _carry_out(workshop: Workshop, claim: Claim, trace: AccountTrace) -> None:
    """A transfer that is ours, until its end is written or it is handed back."""
    log.info("%s: begins (transfer %s)", _name(claim), claim.transfer_id)
    try:
        outcome = await _outcome(workshop, claim, trace)
    except asyncio.CancelledError:
        await asyncio.shield(_insist(workshop, release_transfer, claim))
        _put_down(workshop, trace, taken_over=False)
        raise
    if outcome is None:
        released = await _insist(workshop, release_transfer, claim)
        _put_down(workshop, trace, taken_over=released is False)
        log.info("%s: put down, to go on later", _name(claim))
    elif not await _insist(workshop, finish_transfer, claim, outcome):
        _put_down(workshop, trace, taken_over=True)
        log.info("%s: ended under a fence that is no longer its own; nothing was written", _name(claim))
    else:
        workshop.figures.ended(outcome)
        trace.ended(outcome.status.value, outcome)
        _log_outcome(claim, outcome)
        if workshop.traces.wanted and (run := await in_thread(run_ended_by, claim)) is not None:
            workshop.traces.run_ended(run)


def _put_down(workshop: Workshop, trace: AccountTrace, *, taken_over: bool) -> None:
    """For whoever counts and traces: this attempt had no outcome."""
    workshop.figures.put_down(taken_over=taken_over)
    trace.ended("taken_over" if taken_over else "put_down")


async def _outcome(workshop: Workshop, claim: Claim, trace: AccountTrace) -> Outcome | None:
    """How the transfer ended; None when it was put down (we stop) or is no longer ours."""
    try:
        found = await _sides(workshop, claim)
        if isinstance(found, Failure):
            return _failed(found)
        migration = claim.account.migration
        has_master = migration.destination["form"] != DestinationLogin.PASSWORD
        refused = workshop.masters.verdict(migration.pk, found[1]) if has_master else None
        if refused is not None:
            return _failed(refused)
        outcome = await _copy(workshop, claim, trace, *found)
        if outcome is not None:
            workshop.masters.learn(migration.pk, outcome)
            await _pin_certificates(claim, outcome)
        return outcome
    except KeyProblem as error:
        return _failed(Failure(SideName.OURS, Scope.ACCOUNT, Retry.NEVER, "password-not-readable", str(error)))
    except Fenced:
        return None
    except LedgerUnavailable as error:
        return _failed(storage(error))
    except (OperationalError, InterfaceError, psycopg.OperationalError) as error:
        return _failed(storage(LedgerUnavailable(str(error))))
    except Exception as error:
        log.exception("%s: a mistake of ours", _name(claim))
        words = _(
            "Trasloco made a mistake of its own here (%(name)s); the mail copied so far is safe. "
            "Start again; if it happens again, please report it with the log.",
            name=type(error).__name__,
        )
        return _failed(Failure(SideName.OURS, Scope.ACCOUNT, Retry.NEVER, "internal-error", words))


async def _sides(workshop: Workshop, claim: Claim) -> tuple[Side, Side] | Failure:
    """Both sides, with the source's name looked up once, and certificates seen for the first time, pinned for all runs."""
    migration = claim.account.migration
    source, destination = sides(claim.account, workshop.ring, workshop.memory, workshop.tokens)
    resolved = await resolve(source.endpoint, reach(private=migration.allow_private_addresses), name=SideName.SOURCE)
    if isinstance(resolved, Failure):
        return resolved
    if source.endpoint.address is None:
        await in_thread(pin_source, claim.account.pk, resolved.address, None)
    source = replace(source, endpoint=resolved)
    if unseen(resolved) and (seen := await first_sight(source)):
        pinned = await in_thread(pin_source, claim.account.pk, None, seen)
        source = replace(source, endpoint=replace(resolved, fingerprint=pinned or seen))
    # The destination is the operator's own word: looked up, not restricted, not pinned to an address.
    where = await resolve(destination.endpoint, OPERATORS_WORD, name=SideName.DESTINATION)
    if isinstance(where, Failure):
        return where
    destination = replace(destination, endpoint=where)
    if unseen(where) and (seen := await first_sight(destination)):
        pinned = await in_thread(pin_destination, migration.pk, seen)
        destination = replace(destination, endpoint=replace(where, fingerprint=pinned))
    return source, destination


async def _copy(workshop: Workshop, claim: Claim, trace: AccountTrace, source: Side, destination: Side) -> Outcome | None:
    """The engine's run, until it ends, we are to stop, or the transfer is somebody else's."""
    figures = workshop.figures
    ids = {"account_id": claim.account.pk, "transfer_id": claim.transfer_id, "fence": claim.fence}
    ledger = trace.ledger(counted(PostgresLedger(workshop.pool, **ids, timing=figures.statement), figures))
    pace = workshop.pacing.open(claim, source, destination.endpoint.host)
    settings = pace.shape(replace(engine_settings(claim.account.migration), connections=claim.connections))
    async with DatabaseSink(workshop.pool, claim) as sink:
        if claim.heir_of is not None:
            words = _(
                "This mailbox was moved by migration %(migration)s: what is known from there is taken over, and nothing is copied again.",
                migration=str(claim.heir_of),
            )
            sink.write(Entry(Level.INFO, "ledger-taken-over", words))
        run = asyncio.ensure_future(workshop.copy(source, destination, ledger, settings, claim.number, trace.sink(sink), pace=pace))
        reasons = [asyncio.create_task(workshop.stopping.wait()), asyncio.create_task(sink.fenced.wait())]
        try:
            await asyncio.wait([run, *reasons], return_when=asyncio.FIRST_COMPLETED)
            outcome = run.result() if run.done() else None
            if outcome is not None and outcome.failure is not None and outcome.failure.code in RESTS:
                sink.write(Entry(Level.INFO, outcome.failure.code, outcome.failure.words))
            return outcome
        finally:
            for task in (run, *reasons):
                task.cancel()
            await asyncio.wait([run, *reasons], timeout=PUT_DOWN_SECONDS)
            if run.done() and not run.cancelled():
                run.exception()  # looked at, whatever it is: asyncio would complain about it later
            await workshop.pacing.close(claim)


async def _pin_certificates(claim: Claim, outcome: Outcome) -> None:
    """What was seen at first sight, where the operator said so."""
    account = claim.account
    seen = outcome.facts.get("source_fingerprint")
    if seen and account.source_trust == Trust.PIN:
        await in_thread(pin_source, account.pk, None, seen)
    seen = outcome.facts.get("destination_fingerprint")
    if seen and account.migration.destination["trust"] == Trust.PIN and not account.migration.destination.get("fingerprint"):
        await in_thread(pin_destination, account.migration.pk, seen)


async def _insist(workshop: Workshop, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Write it although the database may be away for a while; None when it stays away, or we are to stop and it is away:
    recovery takes over then."""
    for pause in (*INSIST_SECONDS, None):
        if workshop.stopping.is_set() and workshop.presence.lost:
            break
        try:
            return await in_thread(verb, *args, **kwargs)
        except (OperationalError, InterfaceError, psycopg.OperationalError) as error:
            log.warning("the end of a transfer could not be written yet: %s", error)
            if pause is None:
                break
            await asyncio.sleep(pause)
    return None


def _name(claim: Claim) -> str:
    """As the log names a transfer."""
    return f"migration {claim.account.migration.code}, run {claim.number}, {claim.account.destination_address}"


def _log_outcome(claim: Claim, outcome: Outcome) -> None:
    if outcome.failure is None:
        log.info("%s: %s, %s bytes in %.1f s", _name(claim), outcome.status.value, outcome.size, outcome.seconds)
        return
    later = "" if outcome.failure.retry is Retry.NEVER else " (may be tried again)"
    log.warning("%s: %s, %s%s: %s", _name(claim), outcome.status.value, outcome.failure.code, later, clean(outcome.failure.words))


def _failed(failure: Failure) -> Outcome:
    return Outcome(RunStatus.FAILED, failure, 0.0, 0, ())
