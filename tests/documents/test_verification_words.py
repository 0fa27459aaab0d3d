from __future__ import annotations

import pytest

from trasloco.documents.verification_words import verification_words

pytestmark = pytest.mark.usefixtures("database")  # its language needs Django to be set up

FOUND = {"at": "2026-11-04T06:10:00Z", "sample": None, "asked": 1259, "counts": {"identical": 1250, "line-ends": 7}, "error": None}


def test_none_says_nothing() -> None:
    assert verification_words(None) == ""


def test_all_is_well() -> None:
    words = verification_words(FOUND | {"asked": 1257})
    assert words == (
        "On 4 November 2026, 06:10 UTC the new mailbox was read again by a login of its own (all of them): "
        "1,257 of 1,257 messages are as they should be."
    )


def test_what_is_not_is_named() -> None:
    counts = FOUND["counts"] | {"missing": 1, "different": 1, "unknown": 2, "present": 3}  # type: ignore[operator]
    words = verification_words(FOUND | {"sample": 50, "counts": counts, "error": "The line broke."})
    assert "(a sample taken at random)" in words
    assert "1 is no longer in its folder. 1 is different. 2 have no known place. 3 are only known to be there." in words
    assert words.endswith("It ended before its time: The line broke.")
