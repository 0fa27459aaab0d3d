from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, time, timedelta

import pytest

from trasloco.plan.window import Window

ROME = zoneinfo.ZoneInfo("Europe/Rome")
NIGHT = Window(time(20), time(6), ROME)


def rome(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME, fold=fold).astimezone(UTC)


def shown(moment: datetime) -> str:
    return moment.astimezone(ROME).strftime("%d %H:%M")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("20:00-06:00", time(20), time(6)),
        ("20-6", time(20), time(6)),
        (" 9:30 – 17:05 ", time(9, 30), time(17, 5)),
        ("18-24", time(18), time(0)),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, start: time, end: time) -> None:
    assert Window.parse(text, ROME) == Window(start, end, ROME)


@pytest.mark.parametrize("text", ["", "20:00", "20:00-", "25:00-06:00", "20:60-06:00", "20:00-20:00", "night", "20.00-06.00", "24:30-6"])
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Window.parse(text, ROME)


def test_over_midnight_it_is_open_on_both_sides_of_it() -> None:
    asked = {hour: NIGHT.is_open(rome(f"2026-11-25T{hour}")) for hour in ("19:59", "20:00", "23:59", "00:00", "05:59", "06:00", "12:00")}
    assert [hour for hour, is_open in asked.items() if is_open] == ["20:00", "23:59", "00:00", "05:59"]
    assert shown(NIGHT.opens(rome("2026-11-25T12:34:56"))) == "25 20:00"
    assert shown(NIGHT.closes(rome("2026-11-25T20:00"))) == "26 06:00"
    assert NIGHT.opens(rome("2026-11-26T05:59:30")) == rome("2026-11-26T05:59:30")


def test_within_a_day_it_is_open_between_the_two() -> None:
    day = Window(time(9), time(17), ROME)
    assert shown(day.opens(rome("2026-11-25T17:00"))) == "26 09:00"
    assert shown(day.closes(rome("2026-11-25T16:59"))) == "25 17:00"


def test_the_zone_of_whoever_asks_does_not_matter() -> None:
    assert NIGHT.is_open(datetime(2026, 11, 25, 19, 0, tzinfo=UTC))
    assert not NIGHT.is_open(datetime(2026, 11, 25, 18, 59, tzinfo=UTC))
    assert NIGHT.opens(datetime(2026, 7, 1, 12, 0, tzinfo=UTC)) == datetime(2026, 7, 1, 18, 0, tzinfo=UTC)


def test_the_night_in_which_clocks_are_put_forward_is_an_hour_shorter() -> None:
    begins = rome("2026-03-28T20:00")
    assert NIGHT.closes(begins) - begins.astimezone(UTC) == timedelta(hours=9)


def test_the_night_in_which_clocks_are_put_back_is_an_hour_longer() -> None:
    begins = rome("2026-10-24T20:00")
    assert NIGHT.closes(begins) - begins.astimezone(UTC) == timedelta(hours=11)


def test_a_beginning_that_does_not_exist_on_a_day_is_the_first_minute_after_it() -> None:
    early = Window(time(2, 30), time(5), ROME)
    assert early.opens(rome("2026-03-29T01:00")) == rome("2026-03-29T03:00")


def test_an_hour_that_comes_twice_is_open_twice() -> None:
    early = Window(time(1), time(2, 30), ROME)
    assert early.closes(rome("2026-10-25T01:00")) == rome("2026-10-25T02:30", fold=0)
    assert early.opens(rome("2026-10-25T02:30", fold=0)) == rome("2026-10-25T02:00", fold=1)
    assert early.closes(rome("2026-10-25T02:00", fold=1)) == rome("2026-10-25T02:30", fold=1)


def test_a_window_that_a_day_skips_opens_the_day_after() -> None:
    skipped = Window(time(2, 10), time(2, 50), ROME)
    assert skipped.opens(rome("2026-03-29T01:00")) == rome("2026-03-30T02:10")


def test_work_rests_while_it_is_closed() -> None:
    assert NIGHT.finishes(rome("2026-11-25T21:00"), 3600) == rome("2026-11-25T22:00")
    assert NIGHT.finishes(rome("2026-11-25T12:00"), 3600) == rome("2026-11-25T21:00")
    assert NIGHT.finishes(rome("2026-11-25T05:00"), 3 * 3600) == rome("2026-11-25T22:00")
    assert NIGHT.finishes(rome("2026-11-25T20:00"), 25 * 3600) == rome("2026-11-28T01:00")


def test_a_minute_a_day_takes_long_and_is_reckoned_at_once() -> None:
    minute = Window(time(12), time(12, 1), ROME)
    done = minute.finishes(rome("2026-11-25T13:00"), 60 * 365.0)
    assert abs(done - rome("2027-11-26T12:00")) < timedelta(days=2)
    assert minute.finishes(rome("2026-11-25T13:00"), 1e12) > rome("2126-01-01T00:00")
