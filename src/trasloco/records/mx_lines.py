"""What pages and mails say of the MX records of a migration's domains: read models, without words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from trasloco.plan.mx_answer import Kind
from trasloco.plan.mx_watch import Server, Watch, Way
from trasloco.records.models import MailMigration
from trasloco.records.mx_watches import watches_of

SHORT_TTL = 600
"""Seconds; a longer time to live is worth being lowered before the change."""

ADVISED_TTL = 300


@dataclass(frozen=True, slots=True)
class MxLine:
    """One domain.

    state: unasked (no answer yet), old, split (some servers say the new one), elsewhere (it has left the old way and does
    not lead where it should), nowhere (no MX record any more), changed (everywhere; caches may know the old one), over.
    old: hosts of the old answer; present: those named now; wanted: those it should name, () where that is not known.
    ttl: the longest that a server gives with the old answer now, in seconds. until: until when caches may know the old answer.
    behind: servers that say the old one still. servers: all that were asked. words: why the last look brought nothing, "" else.
    before: of a page, when the time to live must have been lowered.
    """

    domain: str
    state: str
    old: tuple[str, ...]
    present: tuple[str, ...]
    wanted: tuple[str, ...]
    implicit: bool
    ttl: int
    until: datetime | None
    changed_at: datetime | None
    looked_at: datetime | None
    behind: tuple[str, ...]
    servers: tuple[Server, ...]
    words: str
    before: datetime | None = None

    @property
    def done(self) -> bool:
        return self.state in ("changed", "over")

    @property
    def lowered(self) -> bool:
        """Is the time to live short enough for the change?"""
        return self.ttl <= SHORT_TTL

    @property
    def kept_until(self) -> datetime | None:
        """Until when somebody keeps it who has asked at the last look."""
        return self.looked_at + timedelta(seconds=self.ttl) if self.looked_at is not None else None

    def lower_before(self, change: datetime) -> datetime:
        """When its time to live must have been lowered, for caches to have forgotten the long one at the change."""
        return change - timedelta(seconds=self.ttl)


def mx_lines(migration: MailMigration, most: int | None = None) -> list[MxLine]:
    """By domain; [] of a migration that was planned before its domains were watched."""
    return [_line(domain, watch) for domain, watch in watches_of(migration, most)]


def _line(domain: str, watch: Watch) -> MxLine:
    ways = {server.way for server in watch.servers}
    old = [server.answer for server in watch.servers if server.way is Way.OLD and server.answer]
    present = [server.answer for server in watch.servers if server.answer]
    return MxLine(
        domain=domain,
        state=_state(watch, ways),
        old=watch.old or (),
        present=_hosts(answer.hosts for answer in present),
        wanted=watch.wanted,
        implicit=watch.old_kind is Kind.IMPLICIT,
        ttl=max((answer.ttl for answer in old), default=0),
        until=watch.old_until,
        changed_at=watch.changed_at,
        looked_at=watch.looked_at,
        behind=tuple(dict.fromkeys(server.name for server in watch.servers if server.way is Way.OLD)),
        servers=watch.servers,
        words=watch.words if watch.failures else "",
    )


def _state(watch: Watch, ways: set[Way]) -> str:
    if watch.looked_at is None:
        return "unasked"
    if watch.changed_at is not None:
        return "over" if watch.over else "changed"
    if Way.OLD in ways:
        return "split" if Way.NEW in ways else "old"
    if Way.ELSEWHERE in ways:
        return "elsewhere"
    return "nowhere" if Way.NOWHERE in ways else "split" if Way.NEW in ways else "old"


def _hosts(of: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(host for hosts in of for host in hosts))
