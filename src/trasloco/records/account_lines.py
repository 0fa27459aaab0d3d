"""The accounts of a migration with what became of them in each run: one page of a table at a time.

A few queries whatever the number of accounts. The state of an account is that of its transfer in the current
run; ``LEFT_OUT`` or ``PLANNED`` where it has none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.fields import CharField
from django.db.models.functions import Coalesce

from trasloco.records import clock
from trasloco.records.models import UNFINISHED_RUN, Account, FolderTally, MailMigration, Run, Transfer, TransferState
from trasloco.records.resting import opens_at, wakes_at
from trasloco.records.waits import Wait, waits_of

PLANNED, LEFT_OUT = "planned", TransferState.LEFT_OUT.value
SLEEPS, RESTS = "sleeps", "rests"
"""How a waiting account is shown whose day's bytes are used up, and one of a migration outside its hours; no filter of its own."""

ATTENTION = "attention"
"""The filter for what needs somebody: failed, with errors, or waiting for another try."""
STATES = (*(state for state in TransferState.values if state != LEFT_OUT), PLANNED, LEFT_OUT)
_WRONG = (TransferState.FAILED, TransferState.COMPLETED_WITH_ERRORS)


@dataclass(frozen=True, slots=True)
class AccountLine:
    """transfer: in the current run, None where there is none. states: by number of the run. refused, skipped: messages of ``transfer``.
    goes_on: when an account that sleeps does. wait: what one waits for that could begin by its hour."""

    account: Account
    state: str
    transfer: Transfer | None
    states: dict[int, str] = field(default_factory=dict)
    refused: int = 0
    skipped: int = 0
    goes_on: datetime | None = None
    wait: Wait | None = None


def accounts_with_state(migration: MailMigration, run: Run | None) -> QuerySet[Account]:
    """In the order of the CSV, each with ``state``."""
    found = migration.accounts.order_by("line", "pk")
    status = Transfer.objects.filter(run=run, account=OuterRef("pk")).values("status")[:1]
    none = Case(When(left_out=True, then=Value(LEFT_OUT)), default=Value(PLANNED), output_field=CharField())
    return found.annotate(state=Coalesce(Subquery(status, output_field=CharField()), none))


def narrowed(accounts: QuerySet[Account], run: Run | None, *, state: str = "", words: str = "") -> QuerySet[Account]:
    """Only those in a state (one of ``STATES`` or ``ATTENTION``; anything else is none at all), or with words in address or login."""
    found: Any = accounts  # its annotation is not a field
    if words:
        found = found.filter(Q(destination_address__icontains=words) | Q(login__icontains=words))
    if state == ATTENTION:
        found = found.filter(pk__in=troubled(run).values("account_id"))
    elif state:
        found = found.filter(state=state) if state in STATES else found.none()
    narrow: QuerySet[Account] = found
    return narrow


def state_counts(migration: MailMigration, run: Run | None) -> dict[str, int]:
    """How many accounts are in which state; ``ATTENTION`` is counted beside it."""
    without = dict(migration.accounts.order_by().values_list("left_out").annotate(count=Count("pk")))
    counts: dict[str, int] = {}
    taken = Transfer.objects.filter(run=run).order_by().values_list("status", "account__left_out") if run is not None else ()
    for (status, left_out), count in Counter(taken).items():
        counts[status] = counts.get(status, 0) + count
        without[left_out] -= count
    for left_out, count in without.items():
        if count:
            state = LEFT_OUT if left_out else PLANNED
            counts[state] = counts.get(state, 0) + count
    return {**counts, ATTENTION: troubled(run).count()}


def account_lines(accounts: Iterable[Account], run: Run | None) -> list[AccountLine]:
    """Of one page of ``accounts_with_state``."""
    page = list(accounts)
    states: dict[int, dict[int, str]] = defaultdict(dict)
    current: dict[int, Transfer] = {}
    found = Transfer.objects.filter(account__in=page).select_related("run", "account__migration__customer")
    for transfer in found.order_by("run__number"):
        states[transfer.account_id][transfer.run.number] = transfer.status
        if run is not None and transfer.run_id == run.pk:
            current[transfer.account_id] = transfer
    hours = _rests(run, current, states) if run is not None else {}
    waits = _waits(run, current, states) if run is not None else {}
    sums = _sums([transfer.pk for transfer in current.values()])
    lines = []
    for account in page:
        own: Any = account
        transfer_now = current.get(account.pk)
        refused, skipped = sums.get(transfer_now.pk, (0, 0)) if transfer_now else (0, 0)
        lines.append(
            AccountLine(
                account, own.state, transfer_now, states[account.pk], refused, skipped, hours.get(account.pk), waits.get(account.pk)
            )
        )
    return lines


def _rests(run: Run, current: dict[int, Transfer], states: dict[int, dict[int, str]]) -> dict[int, datetime | None]:
    """When each account that sleeps goes on; and the state of what rests now becomes ``SLEEPS`` or ``RESTS``."""
    now, hours = clock.now(), {}
    closed = opens_at(run.migration, now) is not None
    for pk, transfer in current.items():
        hours[pk] = wakes_at(transfer, run.migration, now)
        if hours[pk] is not None:
            states[pk][run.number] = SLEEPS
        elif closed and transfer.status == TransferState.WAITING:
            states[pk][run.number] = RESTS
    return hours


def _waits(run: Run, current: dict[int, Transfer], states: dict[int, dict[int, str]]) -> dict[int, Wait]:
    """By account, of those that neither sleep nor rest; nobody waits in a run that is not under way."""
    if run.status not in UNFINISHED_RUN:
        return {}
    ready = [transfer for pk, transfer in current.items() if states[pk].get(run.number) == TransferState.WAITING]
    waits = waits_of(ready, clock.now())
    return {transfer.account_id: waits[transfer.pk] for transfer in ready if transfer.pk in waits}


def troubled(run: Run | None) -> QuerySet[Transfer]:
    """The transfers of a run that need somebody, or are tried again by themselves."""
    if run is None:
        return Transfer.objects.none()
    return run.transfers.filter(Q(status__in=_WRONG) | Q(status=TransferState.WAITING, attempts__gt=0))


def _sums(transfers: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Refused and skipped messages, by transfer."""
    rows = FolderTally.objects.filter(transfer__in=transfers).values("transfer_id").annotate(no=Sum(F("refused")), out=Sum(F("skipped")))
    return {row["transfer_id"]: (row["no"] or 0, row["out"] or 0) for row in rows}
