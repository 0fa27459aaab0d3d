"""Since when nothing has arrived in the old INBOXes: what the runs saw of them, put together.

A run notes of each account when it read the source's counts, INBOX's next UID then, and the newest date of arrival it
listed there (``engine.inbox_look``). Every message that arrives takes the next UID, be it deleted or moved before anybody
looks: where the number stands still, nothing has come. So a sentence is said only of what was looked at, and until when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from trasloco.records.models import MailMigration, Run, Transfer, TransferState

_LOOKED = (TransferState.COMPLETED, TransferState.COMPLETED_WITH_ERRORS)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Between since and looked_at nothing arrived in any old INBOX of the migration; by the clocks of the old servers."""

    since: datetime
    looked_at: datetime


@dataclass(frozen=True, slots=True)
class _Look:
    """What one run saw of one INBOX; at, newest: seconds since 1970."""

    at: float
    newest: float
    uidvalidity: str
    uidnext: str


def quiet_of(migration: MailMigration, run: Run) -> Quiet | None:
    """As of a run that has ended; None where that cannot be said: an account was not looked at, or something arrived at one
    when another had been looked at already."""
    accounts = list(migration.accounts.filter(left_out=False).values_list("pk", flat=True))
    transfers = Transfer.objects.filter(account__in=accounts, run__number__lte=run.number, status__in=_LOOKED)
    by_account: dict[int, dict[int, Mapping[str, Any]]] = {pk: {} for pk in accounts}
    for account, number, facts in transfers.values_list("account_id", "run__number", "facts"):
        by_account[account][number] = facts
    found = [_quiet(looks, run.number) for looks in by_account.values()]
    known = [item for item in found if item is not None]
    if not known or len(known) < len(found):
        return None
    since, looked_at = max(item.since for item in known), min(item.looked_at for item in known)
    return Quiet(since, looked_at) if since < looked_at else None


def _quiet(facts: Mapping[int, Mapping[str, Any]], last: int) -> Quiet | None:
    """Of one account, by its looks in the order of the runs."""
    look, since = None, 0.0
    for number in sorted(facts):
        before, look = look, _look(facts[number])
        if look is None:
            continue
        if before is not None and (before.uidvalidity, before.uidnext) == (look.uidvalidity, look.uidnext):
            continue  # nothing has come since the look before
        since = look.newest
    if look is None or last not in facts:
        return None
    return Quiet(datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(look.at, UTC))


def _look(facts: Mapping[str, Any]) -> _Look | None:
    """None of a run that did not see it, or from before this was noted."""
    try:
        return _Look(float(facts["inbox_looked"]), float(facts["inbox_newest"]), facts["inbox_uidvalidity"], facts["inbox_uidnext"])
    except (KeyError, ValueError):
        return None
