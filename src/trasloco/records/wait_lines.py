"""Who waits for what: why accounts that could be moved are not being moved, by reason and by what it is about.

Of the whole installation; what one account waits for is said by ``waits``, by the same rules. Those whose turn has not come by the
fair order wait for a place of a worker, as there is room everywhere else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trasloco.engine.pace import DAY_BUDGET, DAY_LIMIT, OUTSIDE_WINDOW, SLOWED_DOWN
from trasloco.plan.shares import Caps, Occupancy
from trasloco.records.models import MailMigration
from trasloco.records.resting import opens_at
from trasloco.records.waiting_groups import Place, WaitingGroup, waiting_for_mailboxes
from trasloco.records.waits import Wanted, wait_of


class WaitReason(StrEnum):
    """What ``WaitLine.about`` is, of each: HOURS, MAILBOX a migration's code; RETRY a failure's code; SOURCE, DESTINATION a host;
    CUSTOMER his name; BUDGET, ALL, WORKER nothing."""

    HOURS = "hours"
    BUDGET = "budget"
    RETRY = "retry"
    MAILBOX = "mailbox"
    SOURCE = "source"
    DESTINATION = "destination"
    CUSTOMER = "customer"
    ALL = "all"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class WaitLine:
    """So many accounts wait for this. longest: seconds for which the first of them could have gone on but for it; None of those
    that are to wait until an hour, ``until`` being the first."""

    reason: WaitReason
    about: str
    accounts: int
    longest: float | None
    until: datetime | None


_ASLEEP = {DAY_BUDGET: WaitReason.BUDGET, DAY_LIMIT: WaitReason.BUDGET, OUTSIDE_WINDOW: WaitReason.HOURS, SLOWED_DOWN: WaitReason.SOURCE}


def wait_lines(groups: Sequence[WaitingGroup], used: Occupancy, caps: Caps, now: datetime) -> list[WaitLine]:
    """The most accounts first. groups: who waits; used: what is under way. Two queries, which grow with what is under way."""
    opening = _opening({group.migration_id for group in groups}, now)
    mailboxes = waiting_for_mailboxes(now) if groups else {}
    gathered: dict[tuple[WaitReason, str], list[WaitLine]] = defaultdict(list)
    for group in groups:
        opens = opening.get(group.migration_id)
        lines = [_asleep(group, opens)] if group.sleeps or opens is not None else _awake(group, mailboxes, used, caps, now)
        for line in lines:
            gathered[line.reason, line.about].append(line)
    return sorted((_sum(lines) for lines in gathered.values()), key=lambda line: (-line.accounts, line.reason, line.about))


def _asleep(group: WaitingGroup, opens: datetime | None) -> WaitLine:
    """Until an hour: that of the migration first."""
    if opens is not None:
        return WaitLine(WaitReason.HOURS, group.migration, group.count, None, opens)
    reason = _ASLEEP.get(group.code, WaitReason.RETRY)
    about = {WaitReason.RETRY: group.code, WaitReason.HOURS: group.migration, WaitReason.SOURCE: group.lane.source}.get(reason, "")
    return WaitLine(reason, about, group.count, None, group.until)


def _awake(group: WaitingGroup, mailboxes: Mapping[Place, int], used: Occupancy, caps: Caps, now: datetime) -> list[WaitLine]:
    """One reason, but for those whose mailbox is being written."""
    longest = max(0.0, (now - group.since).total_seconds()) if group.since is not None else 0.0
    same = min(group.count, mailboxes.get(group.place, 0))
    lines = [WaitLine(WaitReason.MAILBOX, group.migration, same, longest, None)] if same else []
    if group.count > same:
        found = wait_of(group.lane, used, caps)
        about = group.customer if found.wanted is Wanted.CUSTOMER else found.host
        lines.append(WaitLine(WaitReason(found.wanted.value), about, group.count - same, longest, None))
    return lines


def _sum(lines: Sequence[WaitLine]) -> WaitLine:
    longest = [line.longest for line in lines if line.longest is not None]
    until = [line.until for line in lines if line.until is not None]
    first = lines[0]
    accounts = sum(line.accounts for line in lines)
    return WaitLine(first.reason, first.about, accounts, max(longest, default=None), min(until, default=None))


def _opening(migrations: set[int], now: datetime) -> dict[int, datetime]:
    """Of those outside their hours, when these begin."""
    found = MailMigration.objects.filter(pk__in=migrations, window_start__isnull=False)
    return {migration.pk: opens for migration in found if (opens := opens_at(migration, now)) is not None}
