"""Is there anybody who may do everything? Until then a signed link of the terminal makes the first one."""

from __future__ import annotations

from trasloco.records.models import Person

SALT = "trasloco first start"
LIFETIME = 24 * 3600  # seconds


def superuser_exists() -> bool:
    """An active superuser."""
    return Person.objects.filter(is_superuser=True, is_active=True).exists()
