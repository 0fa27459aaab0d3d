from __future__ import annotations

import pytest

from trasloco.plan.shares import FIGURES
from trasloco.project.cap_variables import caps_given
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt


def test_each_figure_has_its_variable() -> None:
    environ = {f"TRASLOCO_{name.upper()}": f" {number} " for number, name in enumerate(FIGURES, 1)}
    assert caps_given(environ) == {name: number for number, name in enumerate(FIGURES, 1)}


def test_what_is_empty_or_not_set_leaves_it_to_the_panel() -> None:
    assert caps_given({"TRASLOCO_ALL_TRANSFERS": " "}) == {}


@pytest.mark.parametrize("text", ["0", "-1", "many", "100001", "1.5", "9" * 30, "²"])
def test_what_is_no_number_is_refused_in_words(text: str) -> None:
    with pytest.raises(Halt, match="TRASLOCO_SOURCE_CONNECTIONS must be a number from 1 to 100000") as caught:
        caps_given({"TRASLOCO_SOURCE_CONNECTIONS": text})
    assert caught.value.code is ExitCode.USAGE
