"""How fast a migration goes and in which hours: what was chosen for it, what its kind of source says, and every change of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from trasloco.engine.pace import DAY_BUDGET
from trasloco.plan.providers import Provider, providers
from trasloco.plan.window import Window
from trasloco.records.history import Actor, note
from trasloco.records.models import UNFINISHED_RUN, MailMigration, Run, Transfer, TransferState
from trasloco.records.time_zone import zone_named


@dataclass(frozen=True, slots=True)
class PaceLimits:
    """What a migration keeps to at each of its source servers; None = no limit but what the server says.

    connections: of one mailbox; connections_per_host: of all its accounts there, None = as the worker has it. messages_per_second,
    bytes_per_second: of all its accounts at one server. bytes_per_day: of one mailbox in 24 hours, whichever migration fetches them.
    """

    connections: int = 3
    connections_per_host: int | None = None
    messages_per_second: float | None = None
    bytes_per_second: int | None = None
    bytes_per_day: int | None = None

    @classmethod
    def of_provider(cls, provider: Provider) -> PaceLimits:
        return cls(
            provider.connections_per_mailbox,
            provider.connections_per_host,
            provider.messages_per_second,
            provider.bytes_per_second,
            provider.bytes_per_day,
        )

    def as_settings(self) -> dict[str, Any]:
        """The keys of ``MailMigration.settings``."""
        return asdict(self)


BOUNDS: dict[str, tuple[float, float]] = {
    "connections": (1, 10),
    "connections_per_host": (1, 200),
    "messages_per_second": (0.1, 10_000),
    "bytes_per_second": (16 * 1024, 10 * 1024**3),
    "bytes_per_day": (1024**2, 100 * 1024**4),
}
"""The least and the most that may be chosen: below, nothing would ever end; above, it is no limit."""


def limits_of(migration: MailMigration) -> PaceLimits:
    """What holds for it: its own figures; where it has none, as of before there were any, those of its kind of source.
    How many connections a server gets is the worker's word where the migration has none."""
    provider = providers().get(migration.source_type)
    usual = replace(PaceLimits.of_provider(provider), connections_per_host=None) if provider else PaceLimits()
    own = {item.name: migration.settings[item.name] for item in fields(PaceLimits) if item.name in migration.settings}
    return replace(usual, **own)


def window_of(migration: MailMigration) -> Window | None:
    """The hours in which its mail is moved, None = all."""
    if migration.window_start is None or migration.window_end is None:
        return None
    return Window(migration.window_start, migration.window_end, zone_named(migration.time_zone))


def closed_migrations(now: datetime) -> list[int]:
    """Ids of those with a run under way that rest now."""
    runs = Run.objects.filter(migration=OuterRef("pk"), status__in=UNFINISHED_RUN)
    return closed_among(MailMigration.objects.filter(Exists(runs), window_start__isnull=False), now)


def closed_among(migrations: Iterable[MailMigration], now: datetime) -> list[int]:
    """Ids of those that rest now."""
    return [each.pk for each in migrations if (window := window_of(each)) is not None and not window.is_open(now)]


def set_window(actor: Actor, migration: MailMigration, start: time | None, end: time | None, time_zone: str) -> None:
    """Other hours, at once: what runs outside them rests within seconds. Both None: at any hour."""
    with transaction.atomic():
        window = f"{start:%H:%M}-{end:%H:%M}" if start and end else ""
        columns = {"window_start": start if window else None, "window_end": end if window else None}
        if window:
            columns["time_zone"] = time_zone  # type: ignore[assignment] # a column of another type
        MailMigration.objects.filter(pk=migration.pk, deleting_at=None).update(**columns)
        note(actor, "window-changed", migration=migration, window=window, time_zone=time_zone)


def set_limits(actor: Actor, migration: MailMigration, limits: PaceLimits) -> None:
    """Other limits, from the next batch on; accounts that sleep for the bytes of their day look again whether they may go on.
    Raises ValueError for a figure outside BOUNDS."""
    for name, (least, most) in BOUNDS.items():
        value = getattr(limits, name)
        if value is not None and not least <= value <= most:
            raise ValueError(f"{name} must be from {least} to {most}")
    with transaction.atomic():
        found = MailMigration.objects.select_for_update(of=("self",)).get(pk=migration.pk)
        found.settings = {**found.settings, **limits.as_settings()}
        found.save(update_fields=["settings"])
        sleeping = Transfer.objects.filter(run__migration=found, status=TransferState.WAITING, failure_code=DAY_BUDGET)
        sleeping.update(not_before=None)
        note(
            actor, "pace-changed", migration=migration, **{name: value for name, value in limits.as_settings().items() if value is not None}
        )
