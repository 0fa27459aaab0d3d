"""Every write of runs and transfers, as a verb. Opening a migration is in ``opening``; the ledger writes for itself.

State moves by one conditional UPDATE and a check of the row count, never read-modify-save. A verb of a
worker names the fence it was given; ``False`` means that the transfer belongs to somebody else by now.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from trasloco.engine.account import FolderResult, Outcome, RunStatus
from trasloco.engine.failure import Failure, Retry
from trasloco.engine.fate import Fate
from trasloco.engine.pace import DAY_BUDGET, DAY_LIMIT, RESTS
from trasloco.imap.endpoint import Trust
from trasloco.plan.shares import LARGE_BYTES
from trasloco.records import clock
from trasloco.records.connections import take_connections
from trasloco.records.inheritance import take_over
from trasloco.records.ledger_place import decide_place, folder_rows
from trasloco.records.models import (
    BUSY,
    FATE_CODES,
    UNFINISHED_RUN,
    Account,
    FolderTally,
    MailMigration,
    Run,
    RunState,
    Transfer,
    TransferState,
)

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
FIRST_DELAY = 15.0  # seconds; doubled with each attempt
LONGEST_DELAY = 3600.0
LONGEST_WISH = 25 * 3600.0  # of a server that names a time itself, and of the bytes of a day
PATIENT_ATTEMPTS = 30  # where the server says that it was too much, or, hour by hour, that it is enough for today


@dataclass(frozen=True, slots=True)
class Claim:
    """A transfer that is ours now. seconds, copied_bytes: of earlier attempts in this run; brought: messages
    that those brought, 0 when none of them was put off. heir_of: code of the migration whose ledger was taken over.
    connections: the most it may have open on each side."""

    transfer_id: int
    fence: int
    number: int
    account: Account
    seconds: float
    copied_bytes: int
    brought: int = 0
    heir_of: str | None = None
    connections: int = 1


def begin_run(migration: MailMigration) -> Run:
    """The migration's unfinished run, or its next one with a waiting transfer for each account.

    Going on with an unfinished run, accounts that failed in it are tried again, and no waiting time is kept:
    whoever starts it again has done something about it.
    """
    with transaction.atomic():
        MailMigration.objects.select_for_update().get(pk=migration.pk)
        run = Run.objects.filter(migration=migration, status__in=UNFINISHED_RUN).order_by("number").first()
        if run is not None:
            run.transfers.filter(Q(status=TransferState.WAITING) | Q(status=TransferState.FAILED)).update(
                status=TransferState.WAITING, attempts=0, not_before=None
            )
            return run
        last = Run.objects.filter(migration=migration).aggregate(last=Max("number"))["last"] or 0
        run = Run.objects.create(migration=migration, number=last + 1)
        add_transfers(run)
        end_run(run)  # at once, should there be no account at all
        return run


def add_transfers(run: Run) -> None:
    """A waiting transfer for each account of the run's migration that is not left out."""
    destination = _host(run.migration.destination["host"])
    accounts = run.migration.accounts.filter(left_out=False).order_by("line")
    large = set(_large(accounts).values_list("pk", flat=True))
    Transfer.objects.bulk_create(
        Transfer(run=run, account=account, source_host=_host(account.source_host), destination_host=destination, large=account.pk in large)
        for account in accounts
    )


def _large(accounts: QuerySet[Account]) -> QuerySet[Account]:
    """Those of which the check says so; not what an earlier run has brought: what is new since is seldom much."""
    brought = Transfer.objects.filter(account=OuterRef("pk"), status__in=(TransferState.COMPLETED, TransferState.COMPLETED_WITH_ERRORS))
    return accounts.filter(~Exists(brought), check_result__size__gte=LARGE_BYTES)


def claim_transfer(transfer_id: int, ticket: int, worker: int) -> Claim | None:
    """Admitted -> running for this worker, with a new fence; None when the ticket is no longer good."""
    decide_place(transfer_id)
    with transaction.atomic():
        won = Transfer.objects.filter(pk=transfer_id, fence=ticket, status=TransferState.ADMITTED).update(
            status=TransferState.RUNNING,
            fence=F("fence") + 1,
            worker=worker,
            started_at=timezone.now(),
            ended_at=None,
            done_messages=0,
            expected_messages=0,
            expected_bytes=None,
            folder="",
            **_failure_columns(None),
        )
        if won != 1:
            return None
        row = Transfer.objects.select_related("run", "account__migration__customer").get(pk=transfer_id)
        heir_of = take_over(row.account)
        brought = _brought(row.account, row.run.number) if row.attempts else 0
        connections = take_connections(row)  # last: from here on all others wait for the end of this transaction
        return Claim(row.pk, row.fence, row.run.number, row.account, row.seconds, row.copied_bytes, brought, heir_of, connections)


def finish_transfer(claim: Claim, outcome: Outcome) -> bool:
    """Running -> its end, or back to waiting when the failure says "later" and there are attempts left."""
    if outcome.status is RunStatus.FAILED and outcome.failure and outcome.failure.retry is not Retry.NEVER and _postpone(claim, outcome):
        return True
    now = timezone.now()
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(transfers=claim.transfer_id).get()
        won = _ours(claim).update(
            status=outcome.status.value,
            worker=None,
            ended_at=now,
            folder="",
            seconds=claim.seconds + outcome.seconds,
            copied_bytes=max(outcome.size, _copied_bytes(claim)),
            flags_changed=F("flags_changed") + outcome.flags_changed,
            facts=dict(outcome.facts),
            **_failure_columns(outcome.failure),
        )
        if won != 1:
            return False
        names = _write_tallies(claim.transfer_id, outcome.folders)
        if outcome.status is not RunStatus.FAILED:
            # An earlier attempt may have noted a folder that has another name, or is no more.
            FolderTally.objects.filter(transfer_id=claim.transfer_id).exclude(source__in=names).delete()
        end_run(run)
        return True


def release_transfer(claim: Claim) -> bool:
    """Running -> waiting without blame: the worker stops, another one goes on."""
    return _ours(claim).update(status=TransferState.WAITING, worker=None, fence=F("fence") + 1, folder="") == 1


def hand_back(transfers: Iterable[tuple[int, int]]) -> list[int]:
    """Admitted or running -> waiting for transfers (id, fence) whose worker is lost; returns those that moved."""
    return [
        pk
        for pk, fence in transfers
        if Transfer.objects.filter(pk=pk, fence=fence, status__in=BUSY).update(
            status=TransferState.WAITING, worker=None, fence=F("fence") + 1, folder=""
        )
    ]


def pin_source(account_id: int, address: str | None, fingerprint: str | None) -> str | None:
    """Keep what was found at first sight, for both runs; what is pinned already is never replaced. A certificate is that of the
    server, for all accounts of the migration there. Returns the fingerprint that is pinned, None while none is."""
    if address:
        Account.objects.filter(pk=account_id, source_address=None).update(source_address=address)
    with transaction.atomic():
        account = Account.objects.get(pk=account_id)
        if account.source_trust != Trust.PIN:
            return None
        MailMigration.objects.select_for_update(of=("self",)).get(pk=account.migration_id)  # one at a time: the first one is it
        there = Account.objects.filter(
            migration_id=account.migration_id,
            source_host__iexact=account.source_host,
            source_port=account.source_port,
            source_trust=Trust.PIN,
        )
        pinned = there.exclude(source_fingerprint=None).values_list("source_fingerprint", flat=True).first() or fingerprint
        if pinned:
            there.filter(source_fingerprint=None).update(source_fingerprint=pinned)
        return Account.objects.values_list("source_fingerprint", flat=True).get(pk=account_id)


def pin_destination(migration_id: int, fingerprint: str) -> str:
    """The destination's certificate as first seen, when it is to be pinned. Returns the fingerprint that is pinned."""
    with transaction.atomic():
        migration = MailMigration.objects.select_for_update(of=("self",)).get(pk=migration_id)
        if not migration.destination.get("fingerprint"):
            migration.destination["fingerprint"] = fingerprint
            migration.save(update_fields=["destination"])
        return str(migration.destination["fingerprint"])


def wipe_secrets(migration: MailMigration) -> None:
    """Delete the migration's data key and ciphertexts: its passwords are gone everywhere."""
    with transaction.atomic():
        MailMigration.objects.filter(pk=migration.pk).update(wrapped_key=None, key_id="", destination_secret=None, source_oauth=None)
        migration.accounts.update(source_secret=None, destination_secret=None)
        migration.sign_ins.all().delete()


def retry_delay(failure: Failure, attempts: int) -> float:
    """Seconds until the next try: never less than the server's own wish, else doubling with up to half of it as jitter."""
    if failure.after is not None:
        return min(max(failure.after, 1.0), LONGEST_WISH)
    delay = min(FIRST_DELAY * 2.0**attempts, LONGEST_DELAY)
    return delay * random.uniform(0.75, 1.25)


def _postpone(claim: Claim, outcome: Outcome) -> bool:
    """An attempt that got on begins the count of attempts anew: a slow server is not one that never works. One that is to
    rest is none: it goes on when the day's bytes are free, and where neither window nor server keeps it, as soon as it is admitted."""
    failure = outcome.failure
    assert failure is not None
    resting = failure.code in RESTS and failure.code != DAY_LIMIT
    with transaction.atomic():
        row = _ours(claim).select_for_update().first()
        if row is None:
            return False
        further = row.attempts and _brought(claim.account, claim.number) > claim.brought
        before = 0 if further or resting else row.attempts
        if before + 1 >= (PATIENT_ATTEMPTS if failure.throttled or failure.code == DAY_LIMIT else MOST_ATTEMPTS):
            return False
        delay = retry_delay(failure, before) if not resting or failure.code == DAY_BUDGET else None
        won = _ours(claim).update(
            status=TransferState.WAITING,
            worker=None,
            fence=F("fence") + 1,
            folder="",
            attempts=0 if resting else before + 1,
            not_before=clock.now() + timedelta(seconds=delay) if delay is not None else None,
            seconds=claim.seconds + outcome.seconds,
            flags_changed=F("flags_changed") + outcome.flags_changed,
            facts=dict(outcome.facts),
            **_failure_columns(failure),
        )
        if won == 1:
            _write_tallies(claim.transfer_id, outcome.folders)
        return won == 1


def _brought(account: Account, number: int) -> int:
    """Messages this run has brought, as the ledger knows: what is copied over and over does not count twice."""
    fates = [FATE_CODES[fate] for fate in (Fate.COPIED, Fate.ADOPTED, Fate.MOVED)]
    with connection.cursor() as cursor:
        cursor.execute(_BROUGHT, {"migration": account.migration_id, "account": account.pk, "run": number, "fates": fates})
        return int(cursor.fetchone()[0])


def _ours(claim: Claim) -> QuerySet[Transfer]:
    return Transfer.objects.filter(pk=claim.transfer_id, fence=claim.fence, status=TransferState.RUNNING)


def _failure_columns(failure: Failure | None) -> dict[str, str]:
    if failure is None:
        return {f"failure_{name}": "" for name in ("side", "scope", "retry", "code", "words")}
    return {
        "failure_side": failure.side.value,
        "failure_scope": failure.scope.value,
        "failure_retry": failure.retry.value,
        "failure_code": failure.code,
        "failure_words": clean(failure.words),
    }


def clean(words: str) -> str:
    """What a server said, as PostgreSQL can keep it: no NUL, no half of a surrogate pair."""
    return words.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


_BROUGHT = f"""
SELECT count(*) FROM trasloco_ledger_folder f {folder_rows("m.run = %(run)s AND m.fate = ANY(%(fates)s)")} WHERE f.account_id = %(account)s
"""  # noqa: S608 - constants
_COPIED_BYTES = f"""
SELECT coalesce(sum(m.size), 0) FROM trasloco_ledger_folder f {folder_rows("m.run = %(run)s AND m.fate = %(fate)s")}
WHERE f.account_id = %(account)s
"""  # noqa: S608 - constants


def _copied_bytes(claim: Claim) -> int:
    """Bytes this run has copied over all its attempts, killed ones too: the ledger knows."""
    with connection.cursor() as cursor:
        cursor.execute(
            _COPIED_BYTES,
            {
                "migration": claim.account.migration_id,
                "account": claim.account.pk,
                "run": claim.number,
                "fate": FATE_CODES[Fate.COPIED],
            },
        )
        return int(cursor.fetchone()[0])


def _write_tallies(transfer_id: int, folders: Sequence[FolderResult]) -> list[str]:
    """The folders of an outcome over those the ledger noted on the way; folders it did not reach stay as noted.
    Returns the names of those written."""
    rows: dict[str, FolderTally] = {}
    for position, folder in enumerate(folders, 1):
        name = clean(folder.source)
        twins = sum(1 for other in rows if other == name or other.startswith(f"{name} ("))
        if name in rows:  # two names of the wire that look the same
            name = f"{name} ({twins + 1})"
        fates = {fate.value: getattr(folder.tally, fate.value) for fate in Fate}
        rows[name] = FolderTally(
            transfer_id=transfer_id,
            position=position,
            source=name,
            destination=clean(folder.destination),
            note=clean(folder.note),
            **fates,
        )
    FolderTally.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["transfer", "source"],
        update_fields=["position", "destination", "note", *(fate.value for fate in Fate)],
    )
    return list(rows)


def end_run(run: Run) -> None:
    """With its last transfer the run ends; the caller holds the run's row."""
    if _goes_on(run):
        return
    status = end_of(set(run.transfers.values_list("status", flat=True).distinct()))
    if Run.objects.filter(pk=run.pk, status__in=UNFINISHED_RUN).update(status=status, ended_at=timezone.now()):
        log.info("migration %s: run %s ended: %s", run.migration.code, run.number, status.value)


def _goes_on(run: Run) -> bool:
    """Whether a transfer of it has not ended. Asked at the end of each, so it must not look at all of them: the order is that of an
    index of those that wait, or PostgreSQL would look for the first one through all that have ended."""
    waiting = run.transfers.filter(status=TransferState.WAITING).order_by("not_before").values_list("pk")
    return waiting.first() is not None or run.transfers.filter(status__in=BUSY).exists()


def end_of(states: Collection[str]) -> RunState:
    """How a run ends whose transfers are in these states. What was left out counts for nothing, unless it is all there is."""
    counted = set(states) - {TransferState.LEFT_OUT}
    if counted <= {TransferState.COMPLETED} and (counted or not states):
        return RunState.COMPLETED
    return RunState.FAILED if counted <= {TransferState.FAILED} else RunState.COMPLETED_WITH_ERRORS


def _host(name: str) -> str:
    """The key of the caps."""
    return name.lower().rstrip(".")
