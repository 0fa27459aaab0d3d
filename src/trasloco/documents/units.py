"""Figures as people read them: sizes, durations, counts."""

from __future__ import annotations

import math

_STEP = 1024.0


def size_words(count: float) -> str:
    """Bytes in binary units, three digits: ``1536`` -> "1.5 KiB"."""
    value = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if abs(value) < _STEP:
            return f"{value:.0f} {unit}" if unit == "bytes" or value >= 100 else f"{value:.1f} {unit}"
        value /= _STEP
    return f"{value:,.1f} TiB"


def duration_words(seconds: float) -> str:
    """Seconds as the two largest units: ``75`` -> "1 min 15 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} min"
    days, hours = divmod(hours, 24)
    return f"{days} days {hours} h"


def left_words(seconds: float) -> str:
    """Time still to come: whole seconds, as it is a guess. ``2.2`` -> "about 3 s left"."""
    words = f"{max(1, math.ceil(seconds))} s" if seconds < 10 else duration_words(seconds)
    return f"about {words} left"


def count_words(count: int, noun: str) -> str:
    """``1, "message"`` -> "1 message"; ``1234, "message"`` -> "1,234 messages"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def parse_size(text: str) -> int:
    """``50M``, ``50 MB``, ``1.5GiB``, ``1048576`` -> bytes, binary units. Raises ``ValueError``."""
    cleaned = text.strip().upper().removesuffix("IB").removesuffix("B").rstrip()
    factor = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}.get(cleaned[-1:], 1)
    digits = cleaned[:-1].rstrip() if factor > 1 else cleaned
    if not digits or not digits.replace(".", "", 1).isdecimal() or not digits.isascii():
        raise ValueError(text)
    return int(float(digits) * factor)
