"""Words of mails. ``moment``: a date and hour in the reader's zone and language, so that no hour can be taken for another."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from trasloco.records.diagnosis import known_title
from trasloco.records.said import said

register = template.Library()


@register.filter
def moment(value: datetime) -> str:
    """Thursday 26 November 2026, 03:30 (Europe/Rome, UTC+1)."""
    local = timezone.localtime(value)
    return f"{date_format(local, 'l j F Y, H:i')} ({_zone(local)})"


@register.filter
def day(value: datetime) -> str:
    """26 November 2026."""
    return date_format(timezone.localtime(value), "j F Y")


def _zone(local: datetime) -> str:
    """The offset too: in the night in which summer time ends an hour comes twice."""
    name = timezone.get_current_timezone_name()
    offset = local.utcoffset()
    minutes = 0 if offset is None else int(offset.total_seconds() // 60)
    if name == "UTC":
        return name
    hours, rest = divmod(abs(minutes), 60)
    return f"{name}, UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")


@register.filter
def after_title(words: str, code: str) -> str:
    """What failed in the reader's language, and then in the server's words. code: of the failure, "" when it is not known."""
    title = known_title(code)
    return f"{title}. {said(words)}" if title else said(words)
