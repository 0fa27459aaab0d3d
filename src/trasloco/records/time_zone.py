"""A time zone by its name in the tz database."""

from __future__ import annotations

import zoneinfo


def zone_named(name: str) -> zoneinfo.ZoneInfo:
    """The zone of that name, UTC where this machine does not know it."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
