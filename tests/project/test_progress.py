from __future__ import annotations

import pytest

from trasloco.project.progress import AccountProgress, Pace, Progress, changes


def progress(*accounts: AccountProgress) -> Progress:
    return Progress("Run 1", accounts)


def test_sums_leave_out_what_is_not_known() -> None:
    seen = progress(
        AccountProgress(1, "a", "running", done=10, expected=40, size=100, expected_size=400),
        AccountProgress(2, "b", "completed", done=7, expected=7, size=70, expected_size=70),
        AccountProgress(3, "c", "waiting"),
        AccountProgress(4, "d", "failed", words="no"),
    )
    assert (seen.done, seen.expected, seen.size, seen.expected_size) == (17, 47, 170, 470)
    assert (seen.ended, seen.failed, seen.looked_into) == (2, 1, 3)
    assert [account.name for account in seen.running] == ["a"]


def test_one_server_that_tells_no_sizes_makes_the_sum_unknown() -> None:
    assert progress(AccountProgress(1, "a", "running", expected=3, expected_size=None)).expected_size is None


def test_done_never_exceeds_expected() -> None:
    assert progress(AccountProgress(1, "a", "running", done=12, expected=10)).expected == 12


def test_rate_and_time_left_are_of_the_last_seconds() -> None:
    pace = Pace()
    for second in range(40):
        done = 0 if second < 20 else (second - 20) * 50
        pace.see(second, progress(AccountProgress(1, "a", "running", done, 2000, done * 1000, 2_000_000)))
    assert pace.messages == pytest.approx(50, rel=0.1)
    assert pace.size == pytest.approx(50_000, rel=0.1)
    last = progress(AccountProgress(1, "a", "running", 950, 2000, 950_000, 2_000_000))
    assert pace.left(last) == pytest.approx(21, rel=0.15)


def test_bytes_that_need_no_copy_do_not_count_as_work() -> None:
    """In a second run nearly everything is there: few bytes go over the line, and most messages none at all."""
    pace, look = Pace(), progress()
    for second in range(10):
        look = progress(AccountProgress(1, "a", "running", second * 200, 2000, second * 1000, 80_000_000))
        pace.see(second, look)
    assert pace.left(look) == pytest.approx(1, abs=0.5)


def test_accounts_not_looked_into_count_as_average_ones() -> None:
    pace = Pace()
    known = AccountProgress(1, "a", "running", 100, 200, 0, 0)
    pace.see(0, progress(AccountProgress(1, "a", "running", 0, 200, 0, 0)))
    pace.see(10, progress(known))
    alone, left = pace.left(progress(known)), pace.left(progress(known, AccountProgress(2, "b", "waiting")))
    assert alone is not None
    assert left is not None
    assert left > alone * 2


def test_no_guess_before_there_is_something_to_guess_from() -> None:
    pace = Pace()
    pace.see(0, progress(AccountProgress(1, "a", "running", 0, 10)))
    pace.see(0.5, progress(AccountProgress(1, "a", "running", 3, 10)))
    assert pace.messages is None
    assert pace.left(progress(AccountProgress(1, "a", "running", 3, 10))) is None
    assert Pace().left(progress()) is None


def test_changes_are_by_status() -> None:
    before = (AccountProgress(1, "a", "running"), AccountProgress(2, "b", "waiting"))
    after = (AccountProgress(1, "a", "completed"), AccountProgress(2, "b", "waiting"))
    assert [account.name for account in changes(before, after)] == ["a"]
    assert len(changes((), after)) == 2
