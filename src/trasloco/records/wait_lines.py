"""Who waits for what: why accounts that could be moved are not being moved, by reason and by what it is about.

The reasons are those of admission (``jobs.dispatch``), in the order in which it asks: an account is told of under the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trasloco.engine.pace import DAY_BUDGET, DAY_LIMIT, OUTSIDE_WINDOW, SLOWED_DOWN
from trasloco.records.host_lines import HostLine
from trasloco.records.models import MailMigration
from trasloco.records.resting import opens_at
from trasloco.records.waiting_groups import WaitingGroup, waiting_for_mailboxes


class WaitReason(StrEnum):
    """What ``WaitLine.about`` is, of each: HOURS, MAILBOX a migration's code; RETRY a failure's code; SOURCE, DESTINATION a host;
    BUDGET, HANDS nothing."""

    HOURS = "hours"
    BUDGET = "budget"
    RETRY = "retry"
    MAILBOX = "mailbox"
    SOURCE = "source"
    DESTINATION = "destination"
    HANDS = "hands"


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


def wait_lines(groups: Sequence[WaitingGroup], hosts: Iterable[HostLine], now: datetime) -> list[WaitLine]:
    """The most accounts first. groups: who waits; hosts: what is in use. Two queries, which grow with what is under way."""
    full = {(line.side, line.host) for line in hosts if line.full}
    used = {line.host: line.used for line in hosts if line.side == "source"}
    opening = _opening({group.migration_id for group in groups}, now)
    mailboxes = waiting_for_mailboxes(now) if groups else {}
    gathered: dict[tuple[WaitReason, str], list[WaitLine]] = defaultdict(list)
    for group in groups:
        for line in _lines(group, opening, mailboxes, full, used, now):
            gathered[line.reason, line.about].append(line)
    return sorted((_sum(lines) for lines in gathered.values()), key=lambda line: (-line.accounts, line.reason, line.about))


def _lines(
    group: WaitingGroup,
    opening: Mapping[int, datetime],
    mailboxes: Mapping[tuple[int, str, str], int],
    full: Collection[tuple[str, str]],
    used: Mapping[str, int],
    now: datetime,
) -> list[WaitLine]:
    """What this group waits for: one reason, but for those whose mailbox is being written."""
    if (opens := opening.get(group.migration_id)) is not None:
        return [WaitLine(WaitReason.HOURS, group.migration, group.count, None, opens)]
    if group.sleeps:
        reason = _ASLEEP.get(group.code, WaitReason.RETRY)
        about = {WaitReason.RETRY: group.code, WaitReason.HOURS: group.migration, WaitReason.SOURCE: group.source_host}.get(reason, "")
        return [WaitLine(reason, about, group.count, None, group.until)]
    longest = max(0.0, (now - group.since).total_seconds()) if group.since is not None else 0.0
    same = min(group.count, mailboxes.get((group.migration_id, group.source_host, group.destination_host), 0))
    lines = [WaitLine(WaitReason.MAILBOX, group.migration, same, longest, None)] if same else []
    if group.count == same:
        return lines
    if ("source", group.source_host) in full or used.get(group.source_host, 0) >= group.most:
        reason, about = WaitReason.SOURCE, group.source_host
    elif ("destination", group.destination_host) in full:
        reason, about = WaitReason.DESTINATION, group.destination_host
    else:
        reason, about = WaitReason.HANDS, ""
    return [*lines, WaitLine(reason, about, group.count - same, longest, None)]


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
