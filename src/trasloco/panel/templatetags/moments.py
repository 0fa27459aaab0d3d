"""Times as people say them, in the person's zone: "in 3 h (02:10)", "12 min ago (21:58)", "Thu 26 Nov, 02:10"; and durations."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

NEAR = timedelta(hours=24)
"""Within it a time is told relative to now; beyond it the date says more."""


@register.filter
def moment(value: datetime | None) -> str | SafeString:
    """A ``time`` element; "–" for None. Its title says date and hour in full, with the zone."""
    return "–" if value is None else _element(value, moment_words(value))


@register.filter
def hour(value: datetime | None) -> str | SafeString:
    """The same as a point in time, to stand after "since", "until" or "before": "14:32", of another day "Wed 25 Nov, 14:32"."""
    if value is None:
        return "–"
    local = timezone.localtime(value)
    return _element(value, date_format(local, "H:i" if local.date() == timezone.localdate() else "D j M, H:i"))


@register.filter
def to_come(value: datetime | None) -> datetime | None:
    """The moment when it lies ahead, else None."""
    return value if value is not None and value > timezone.now() else None


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds as the one or two largest units: "45 s", "12 min", "3 h 5 min", "2 d 4 h"; "–" for None."""
    if seconds is None:
        return "–"
    whole = max(0, round(seconds))
    if whole < 60:
        return _("%(n)s s") % {"n": whole}
    minutes = round(whole / 60)
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _("%(h)s h %(m)s min") % {"h": hours, "m": minutes} if minutes else _("%(n)s h") % {"n": hours}
    days, hours = divmod(hours, 24)
    return _("%(d)s d %(h)s h") % {"d": days, "h": hours} if hours else _("%(n)s d") % {"n": days}


def _element(value: datetime, words: str) -> SafeString:
    """Its title says date and hour in full, with the zone."""
    local = timezone.localtime(value)
    title = f"{date_format(local, 'D j M Y, H:i:s')} {local.tzname()}"
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(timespec="seconds"), title, words)


def moment_words(value: datetime, now: datetime | None = None) -> str:
    """The text of ``moment``."""
    now = now or timezone.now()
    local, distance = timezone.localtime(value), value - now
    if abs(distance) >= NEAR:
        return date_format(local, "D j M, H:i" if local.year == timezone.localtime(now).year else "j M Y, H:i")
    hour = date_format(local, "H:i" if local.date() == timezone.localtime(now).date() else "D H:i")
    if abs(distance) < timedelta(minutes=1):
        return (_("in a moment (%(hour)s)") if distance > timedelta(0) else _("just now (%(hour)s)")) % {"hour": hour}
    words = _("in %(distance)s (%(hour)s)") if distance > timedelta(0) else _("%(distance)s ago (%(hour)s)")
    return words % {"distance": _rough(abs(distance)), "hour": hour}


def _rough(distance: timedelta) -> str:
    """One unit: nobody counts the minutes of an hour that is five hours away."""
    minutes = round(distance.total_seconds() / 60)
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    return _("%(n)s h") % {"n": round(minutes / 60)}
