"""Canonical texts, differences, and what a destination keeps."""

from __future__ import annotations

import pytest

from trasloco.engine.flags import Permitted, canonical, difference
from trasloco.imap.values import Selected


def selected(*permanent: str, flags: tuple[str, ...] = ("\\Seen",)) -> Selected:
    return Selected(b"INBOX", 0, 1, 1, frozenset(flags), frozenset(permanent) if permanent else None)


def test_canonical_is_sorted_and_without_recent() -> None:
    assert canonical(frozenset({"\\Seen", "\\Recent", "$Forwarded", "\\Answered"})) == "$Forwarded \\Answered \\Seen"


def test_canonical_knows_a_flag_once_whatever_its_case() -> None:
    assert len(canonical(["\\SEEN", "\\Seen"]).split()) == 1


def test_difference_ignores_case() -> None:
    assert difference("\\seen Work", "\\Seen work $Later") == (frozenset({"$Later"}), frozenset())


def test_difference_names_what_was_removed() -> None:
    assert difference("\\Flagged \\Seen", "\\Seen") == (frozenset(), frozenset({"\\Flagged"}))


def test_any_keyword_is_kept_where_the_folder_says_so() -> None:
    permitted = Permitted(selected("\\Seen", "\\*"))
    assert permitted.keep("Later \\Seen") == ("Later", "\\Seen")
    assert permitted.lost == set()


def test_a_keyword_is_lost_and_named_where_the_folder_takes_none() -> None:
    permitted = Permitted(selected("\\Seen"))
    assert permitted.keep("Later \\Seen") == ("\\Seen",)
    assert permitted.lost == {"Later"}


def test_without_permanentflags_everything_is_assumed_possible() -> None:
    assert Permitted(selected()).keep("$Later \\Draft") == ("$Later", "\\Draft")


@pytest.mark.parametrize(("flag", "kept"), [("\\Forwarded", ("$Forwarded",)), ("\\X-Odd", ()), ("a]b", ()), ("a(b", ()), ("é", ())])
def test_illegal_flags_are_renamed_or_left_behind(flag: str, kept: tuple[str, ...]) -> None:
    assert Permitted(selected("\\Seen", "\\*")).keep(flag) == kept
