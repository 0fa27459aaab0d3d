"""Figures, hours and words of a page that is handed out, in the active language. Needs Django to be set up."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trasloco.documents import units


def figure(count: int) -> str:
    """With its thousands apart."""
    return str(number_format(count, force_grouping=True))


def size(count: float) -> str:
    """Bytes in binary units, as ``units.size_words``."""
    number, _blank, unit = units.size_words(count).partition(" ")
    return _("%(figure)s bytes") % {"figure": _decimal(number)} if unit == "bytes" else f"{_decimal(number)} {unit}"


def duration(seconds: float) -> str:
    """As ``units.duration_words``."""
    words = units.duration_words(seconds)
    if " days " in words:
        days, hours = words.removesuffix(" h").split(" days ")
        return _("%(days)s days %(hours)s h") % {"days": days, "hours": hours}
    number, _blank, rest = words.partition(" ")
    return f"{_decimal(number)} {rest}"


def moment(at: datetime | str) -> str:
    """A day and an hour in UTC; at: with its zone, or as ISO 8601 writes it."""
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{date_format(found.astimezone(UTC), 'j F Y, H:i', use_l10n=False)} UTC"


def messages(count: int) -> str:
    """So many messages."""
    return ngettext("%(n)s message", "%(n)s messages", count) % {"n": figure(count)}


def _decimal(number: str) -> str:
    return str(number_format(Decimal(number.replace(",", "")), force_grouping=True))
