"""How fast a migration goes and in which hours: what was chosen for it, what its kind of source says, and every change of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime, time

from django.db import transaction
from django.db.models import Exists, OuterRef

from trasloco.engine.pace import DAY_BUDGET
from trasloco.plan.pace_limits import BOUNDS, PaceLimits
from trasloco.plan.providers import providers
from trasloco.plan.window import Window
from trasloco.records.history import Actor, note
from trasloco.records.models import UNFINISHED_RUN, MailMigration, Run, Transfer, TransferState
from trasloco.records.time_zone import zone_named


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
