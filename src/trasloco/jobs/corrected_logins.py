"""Logins that failed, tried once more: with the passwords they have, or with others; and accounts that go on when they work.

The check of logins is that of drafts (``login_checks``). An account that failed in a run is tried again there as soon as
both its logins work, and not before: a wrong password costs one login, never one for each attempt of a run.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from django.db import transaction

from trasloco.jobs.errands import CHECK, enqueue
from trasloco.records.history import SCHEDULE, Actor, note
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import CheckState, LoginCheck, MailMigration
from trasloco.records.other_passwords import correct_passwords
from trasloco.records.planning import NotNow, retry_failed
from trasloco.secret import Secret

log = logging.getLogger(__name__)


def correct_and_check(actor: Actor, migration: MailMigration, side: str, passwords: Mapping[int, Secret], ring: KeyRing) -> int:
    """Keep these passwords, by account, and try the logins of these accounts; returns of how many. side: "source" or "destination".
    Raises ``NotNow``, ``KeyProblem``."""
    with transaction.atomic():
        count = correct_passwords(actor, migration, side, passwords, ring)
        check_again(actor, migration, list(passwords))
        return count


def check_again(actor: Actor, migration: MailMigration, accounts: Collection[int]) -> int:
    """Try the logins of these accounts; returns how many. Of a planned migration those go on in their run whose logins work.
    What an earlier check finds that is still under way is not written any more."""
    with transaction.atomic():
        found = migration.accounts.filter(pk__in=accounts, left_out=False).exclude(source_host="")
        LoginCheck.objects.bulk_create([LoginCheck(account=account) for account in found], ignore_conflicts=True)
        retry = migration.planned_at is not None
        blank: dict[str, dict[str, str]] = {"source": {}, "destination": {}}
        count = LoginCheck.objects.filter(account__in=found).update(state=CheckState.WAITING, retry=retry, **blank)
        if count:
            enqueue(CHECK, f"check-{migration.pk}", migration_id=migration.pk)
            note(actor, "check-started", migration=migration, accounts=count)
        return count


def retry_corrected(migration: MailMigration) -> int:
    """The accounts of a planned migration whose logins were corrected and work go on in its run; returns how many. Can be done
    twice: what has gone on is not wanted any more."""
    with transaction.atomic():
        checked = LoginCheck.objects.select_for_update().filter(account__migration=migration, retry=True)
        ended = list(checked.filter(state__in=[CheckState.OK, CheckState.FAILED]).values_list("pk", "account_id", "state"))
        works = [account for _pk, account, state in ended if state == CheckState.OK]
        LoginCheck.objects.filter(pk__in=[pk for pk, _account, _state in ended]).update(retry=False)
        if not works:
            return 0
        try:
            return retry_failed(SCHEDULE, migration, works)
        except NotNow as error:  # stopped meanwhile, or somebody tried them already
            log.info("migration %s: accounts whose logins work now are not tried again: %s", migration.code, error)
            return 0
