"""Times and durations in words."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest

NOW = datetime(2026, 11, 25, 22, 30, tzinfo=UTC)  # 23:30 in Rome

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(seconds=30), "in a moment (23:30)"),
        (timedelta(seconds=-30), "just now (23:29)"),
        (timedelta(minutes=-12), "12 min ago (23:18)"),
        (timedelta(minutes=12), "in 12 min (23:42)"),
        (timedelta(hours=3), "in 3 h (Thu 02:30)"),
        (timedelta(hours=-5, minutes=-10), "5 h ago (18:20)"),
        (timedelta(hours=24), "Thu 26 Nov, 23:30"),
        (timedelta(days=-9), "Mon 16 Nov, 23:30"),
        (timedelta(days=60), "24 Jan 2027, 23:30"),
    ],
)
def test_a_moment_is_told_in_the_persons_zone(distance: timedelta, words: str) -> None:
    from django.utils import timezone

    from trasloco.panel.templatetags.moments import moment_words

    with timezone.override(zoneinfo.ZoneInfo("Europe/Rome")):
        assert moment_words(NOW + distance, NOW) == words


def test_the_whole_date_and_its_zone_are_in_the_title() -> None:
    from django.utils import timezone

    from trasloco.panel.templatetags.moments import moment

    with timezone.override(zoneinfo.ZoneInfo("Europe/Rome")):
        html = moment(NOW)
    assert 'datetime="2026-11-25T23:30:00+01:00"' in html
    assert 'title="Wed 25 Nov 2026, 23:30:00 CET"' in html
    assert moment(None) == "–"


def test_only_what_lies_ahead_is_to_come() -> None:
    from django.utils import timezone

    from trasloco.panel.templatetags.moments import to_come

    ahead = timezone.now() + timedelta(minutes=1)
    assert to_come(ahead) == ahead
    assert to_come(timezone.now()) is None
    assert to_come(None) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0.2, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3569, "59 min"),
        (3599, "1 h"),
        (11_100, "3 h 5 min"),
        (2 * 86_400, "2 d"),
        (187_300, "2 d 4 h"),
    ],
)
def test_a_duration_has_one_or_two_units(seconds: float | None, words: str) -> None:
    from trasloco.panel.templatetags.moments import duration

    assert duration(seconds) == words
