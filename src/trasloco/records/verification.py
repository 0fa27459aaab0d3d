"""What verifications found, kept and read again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils import timezone

from trasloco.engine.comparison import Finding, Verdict
from trasloco.engine.verify import Verification as Found
from trasloco.records.actions import clean
from trasloco.records.models import ENDED_RUN, Account, MailMigration, Run, RunState, Verification


def keep_verification(account: Account, found: Found) -> None:
    """Write the result of one account's verification; earlier ones stay."""
    Verification.objects.create(
        account=account,
        at=timezone.now(),
        sample=found.sample,
        asked=found.asked,
        counts={verdict.value: count for verdict, count in found.counts.items()},
        findings=[_finding(item) for item in found.findings],
        seconds=found.seconds,
        size=found.size,
        failure_words=clean(found.failure.words) if found.failure is not None else "",
    )


def comparable(migration: MailMigration) -> Run | None:
    """The last run that has begun, where it has ended, was not compared since, and the passwords are still there."""
    if migration.wrapped_key is None or migration.deleting_at is not None:
        return None
    run = migration.runs.exclude(status=RunState.PLANNED).order_by("-number").first()
    return run if run is not None and run.status in ENDED_RUN and run.verified_at is None else None


def verified(counts: dict[str, int]) -> int:
    """Messages that are as they should be, of the counts of a stored verification."""
    good = {verdict.value for verdict in Verdict if verdict.good}
    return sum(count for verdict, count in counts.items() if verdict in good)


def newest_verifications(migration: MailMigration) -> dict[str, dict[str, Any]]:
    """The newest of each account that has one, by destination address, in the shape of the JSON report."""
    rows = (
        Verification.objects.filter(account__migration=migration)
        .select_related("account")
        .order_by("account_id", "-at", "-pk")
        .distinct("account_id")
    )
    return {row.account.destination_address: row.as_dict() | {"verified": verified(row.counts), "findings": row.findings} for row in rows}


def accounts_of(migration: MailMigration, addresses: Collection[str]) -> list[Account]:
    """The accounts with these destination addresses, in any case, in the order of the CSV; all when none is named."""
    wanted = {address.casefold() for address in addresses}
    accounts = migration.accounts.select_related("migration").order_by("line", "pk")
    return [account for account in accounts if not wanted or account.destination_address.casefold() in wanted]


def _finding(item: Finding) -> dict[str, Any]:
    """JSON keeps no half of a surrogate pair, and PostgreSQL no NUL."""
    return {name: clean(value) if isinstance(value, str) else value for name, value in asdict(item).items()}


def verification_sums(migration: MailMigration, since: datetime | None) -> dict[str, int]:
    """Of the newest verification of each account since then: messages looked at, as they should be, and accounts not well."""
    rows = Verification.objects.filter(account__migration=migration).order_by("account_id", "-at", "-pk").distinct("account_id")
    sums = {"asked": 0, "verified": 0, "accounts": 0, "not_well": 0}
    for row in rows:
        if since is not None and row.at < since:
            continue
        good = verified(row.counts)
        sums["asked"] += row.asked
        sums["verified"] += good
        sums["accounts"] += 1
        sums["not_well"] += bool(row.failure_words or good < row.asked)
    return sums
