"""The time zone of this machine, by its name."""

from __future__ import annotations

import os
import zoneinfo
from pathlib import Path

_NAMED = os.environ.get("TZ", "")
"""As it was when the command began: Django puts its own there."""

_LINK = Path("/etc/localtime")


def local_zone() -> zoneinfo.ZoneInfo:
    """From ``TZ``, else from the system's own setting; UTC where neither names a zone that is known."""
    for name in (_NAMED.lstrip(":"), _linked()):
        try:
            if name:
                return zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            continue
    return zoneinfo.ZoneInfo("UTC")


def _linked() -> str:
    try:
        return os.readlink(_LINK).partition("zoneinfo/")[2]  # noqa: PTH115 - the words of the link, as they stand
    except OSError:
        return ""
