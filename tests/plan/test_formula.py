from __future__ import annotations

import pytest

from trasloco.plan.formula import guarded, without_guard


@pytest.mark.parametrize("text", ["=1+1", "+49", "-x@example.net", "@SUM(A1)", "  =1", "\t=1", "＝1"])
def test_a_formula_is_made_text_and_comes_back_as_it_was(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert without_guard(guarded(text)) == text


@pytest.mark.parametrize("text", ["anna@example.net", "", "'quoted'", "a=b", "o'neill@example.net"])
def test_what_is_none_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text
    assert without_guard(text) == text
