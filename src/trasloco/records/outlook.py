"""What a first run will be like, from the check: how much there is, what will not fit, how long it takes, when the MX can change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet, Sum

from trasloco.records import clock
from trasloco.records.forecast import Forecast, begins_at, forecast, latest_start
from trasloco.records.models import CheckState, LoginCheck, MailMigration

MOST_LARGEST = 5
MOST_MISFITS = 10


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One account. size: bytes, None = not known. too_large: messages over the limit. over: bytes that the new mailbox has no room
    for, 0 where they fit or that is not known. too_many: it may not hold that many messages."""

    pk: int
    address: str
    messages: int
    size: int | None
    too_large: int
    over: int
    too_many: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """accounts: whose logins work. size: bytes of those that tell it; unknown: how many do not. begins: the first run; done_early,
    done_late: when it has ended, if it goes well and if it takes long. by, latest: the hour by which it is wanted done, and when it
    must begin for that (None = not even now is early enough)."""

    accounts: int
    messages: int
    size: int
    unknown: int
    largest: tuple[Mailbox, ...]
    misfits: tuple[Mailbox, ...]
    more_misfits: int
    forecast: Forecast
    begins: datetime
    done_early: datetime
    done_late: datetime
    by: datetime | None
    latest: datetime | None


def outlook(migration: MailMigration, by: datetime | None = None, now: datetime | None = None) -> Outlook:
    """Of the accounts whose logins work. A few queries, whatever their number."""
    moment = now or clock.now()
    works = LoginCheck.objects.filter(account__migration=migration, account__left_out=False, state=CheckState.OK)
    sums = works.aggregate(
        accounts=Count("pk"), unknown=Count("pk", filter=Q(size=None)), messages=Sum("messages", default=0), size=Sum("size", default=0)
    )
    unfit = works.filter(Q(too_large__gt=0) | ~Q(warnings=[]))
    misfits = unfit.order_by(F("size").desc(nulls_last=True), "account__line")
    largest = works.filter(messages__gt=0).order_by(F("size").desc(nulls_last=True), "-messages", "account__line")
    found, begins = forecast(migration, moment), begins_at(migration, moment)
    return Outlook(
        sums["accounts"],
        sums["messages"],
        sums["size"],
        sums["unknown"],
        _mailboxes(largest, MOST_LARGEST),
        _mailboxes(misfits, MOST_MISFITS),
        max(0, unfit.count() - MOST_MISFITS),
        found,
        begins,
        begins + timedelta(seconds=found.least),
        begins + timedelta(seconds=found.most),
        by,
        latest_start(migration, by, moment) if by is not None else None,
    )


def _mailboxes(checks: QuerySet[LoginCheck], most: int) -> tuple[Mailbox, ...]:
    return tuple(
        Mailbox(
            check.account_id,
            check.account.destination_address,
            check.messages or 0,
            check.size,
            check.too_large or 0,
            max(0, (check.size or 0) - check.room) if check.room is not None else 0,
            "messages-room" in check.warnings,
        )
        for check in checks.select_related("account")[:most]
    )
