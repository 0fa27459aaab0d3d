from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

pytestmark = pytest.mark.usefixtures("database")  # languages need Django to be set up


def test_english() -> None:
    from trasloco.documents import spoken

    assert spoken.figure(1234567) == "1,234,567"
    assert [spoken.size(count) for count in (0, 999, 1536, 1 << 50)] == ["0 bytes", "999 bytes", "1.5 KiB", "1,024.0 TiB"]
    assert [spoken.duration(seconds) for seconds in (2.5, 75, 200_000)] == ["2.5 s", "1 min 15 s", "2 days 7 h"]
    assert spoken.messages(1) == "1 message"


def test_italian() -> None:
    from django.utils import translation

    from trasloco.documents import spoken

    with translation.override("it"):
        assert spoken.figure(1234567) == "1.234.567"
        assert [spoken.size(count) for count in (0, 999, 1536, 1 << 50)] == ["0 byte", "999 byte", "1,5 KiB", "1.024,0 TiB"]
        assert [spoken.duration(seconds) for seconds in (2.5, 75, 200_000)] == ["2,5 s", "1 min 15 s", "2 giorni 7 h"]
        assert spoken.messages(1234) == "1.234 messaggi"
        assert spoken.moment("2026-11-04T06:10:00Z") == "4 Novembre 2026, 06:10 UTC"


def test_a_moment_is_told_in_utc() -> None:
    from trasloco.documents import spoken

    assert spoken.moment(datetime(2026, 11, 4, 6, 10, tzinfo=UTC)) == "4 November 2026, 06:10 UTC"
    assert spoken.moment(datetime(2026, 11, 4, 0, 10, tzinfo=timezone(timedelta(hours=2)))) == "3 November 2026, 22:10 UTC"
