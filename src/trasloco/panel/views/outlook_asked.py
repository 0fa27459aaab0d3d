"""The forecast of a first run on a page: by which hour it is wanted done is asked in the page's address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from trasloco.records import clock
from trasloco.records.models import MailMigration
from trasloco.records.outlook import outlook
from trasloco.records.time_zone import zone_named

FORM = "%Y-%m-%dT%H:%M"
"""Of a datetime-local field."""

_NEAR = timedelta(days=366)


def outlook_of(migration: MailMigration, asked: Mapping[str, str]) -> dict[str, Any]:
    """outlook, and by_typed: the hour as it stands in the field. asked: "by", an hour of the migration's time zone within a year;
    anything else is passed over."""
    by = _hour(asked.get("by", ""), migration)
    return {"outlook": outlook(migration, by), "by_typed": by.strftime(FORM) if by else ""}


def _hour(text: str, migration: MailMigration) -> datetime | None:
    try:
        typed = datetime.strptime(text, FORM)
    except ValueError:
        return None
    now = clock.now()
    if abs(typed.year - now.year) > 1:
        return None
    by = timezone.make_aware(typed, zone_named(migration.time_zone))
    return by if abs(by - now) < _NEAR else None
