"""Going on without accounts of a planned migration that failed, and taking them in again. Of a draft: ``drafts.leave_out``."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import F, Q

from trasloco.records.actions import end_of, end_run
from trasloco.records.history import Actor, note
from trasloco.records.models import ENDED_RUN, Account, MailMigration, Run, RunState, Transfer, TransferState
from trasloco.records.planning import NotNow, retry_failed


@transaction.atomic
def leave_out_of_runs(actor: Actor, migration: MailMigration, accounts: Collection[int]) -> int:
    """The run under way, or the last one, is over for these accounts, and no later one touches them; returns how many there were.

    Only for what failed in it or waits for another try. What was copied stays where it is. Raises ``NotNow``.
    """
    run = _last_run(migration)
    waits = Q(status=TransferState.WAITING, attempts__gt=0)
    chosen = run.transfers.filter(Q(status=TransferState.FAILED) | waits, account__in=accounts, account__left_out=False)
    found = list(chosen.select_for_update().order_by("account__line").values_list("pk", "account_id", "account__destination_address"))
    moved = Transfer.objects.filter(Q(status=TransferState.FAILED) | waits, pk__in=[row[0] for row in found])
    if not found or moved.update(status=TransferState.LEFT_OUT, fence=F("fence") + 1, not_before=None) != len(found):
        raise NotNow("nothing-to-leave-out")
    Account.objects.filter(pk__in=[row[1] for row in found], left_out=False).update(left_out=True)
    note(actor, "account-left-out", migration=migration, accounts=len(found), addresses=[row[2] for row in found])
    _settle(run)
    return len(found)


@transaction.atomic
def take_in_again(actor: Actor, account: Account) -> None:
    """An account that was left out after it had failed is tried again at once. Raises ``NotNow``."""
    run = _last_run(account.migration)
    if Account.objects.filter(pk=account.pk, left_out=True).update(left_out=False) != 1:
        raise NotNow("nothing-to-retry")
    if run.transfers.filter(account=account, status=TransferState.LEFT_OUT).update(status=TransferState.FAILED) != 1:
        raise NotNow("nothing-to-retry")
    note(actor, "account-taken-in", account.destination_address, migration=account.migration)
    retry_failed(actor, account.migration, [account.pk])


def _last_run(migration: MailMigration) -> Run:
    """Of those that have begun, locked."""
    if not MailMigration.objects.select_for_update(of=("self",)).filter(pk=migration.pk, deleting_at=None).exists():
        raise NotNow("deleted")
    run = migration.runs.select_for_update().exclude(status=RunState.PLANNED).order_by("-number").first()
    if run is None:
        raise NotNow("nothing-to-leave-out")
    return run


def _settle(run: Run) -> None:
    """It may have been the last one that the run waited for; or a run that has ended was well but for these."""
    end_run(run)
    states = set(run.transfers.values_list("status", flat=True).distinct())
    Run.objects.filter(pk=run.pk, status__in=ENDED_RUN).update(status=end_of(states))
