from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("database")  # languages need Django to be set up


def documented_codes() -> list[str]:
    """tests/docs/test_failures.py holds them against the codes of the engine."""
    page = Path(__file__).parents[2] / "docs" / "errors.md"
    return re.findall(r"^### `([^`]+)`$", page.read_text("utf-8"), re.MULTILINE)


def test_every_failure_of_the_engine_has_a_diagnosis() -> None:
    from trasloco.records.diagnosis import known_title

    assert documented_codes()
    assert [code for code in documented_codes() if not known_title(code)] == []


def test_a_code_that_is_not_known_has_a_general_one_and_no_title_of_its_own() -> None:
    from trasloco.records.diagnosis import diagnosis, known_title

    assert str(diagnosis("of-tomorrow").title) == "It did not work"
    assert known_title("of-tomorrow") == ""


def test_a_refused_login_means_something_else_at_google() -> None:
    from trasloco.records.diagnosis import diagnosis

    assert str(diagnosis("login-refused", "gmail").title) == "Google refuses the login"
    assert str(diagnosis("login-refused").title) == "Wrong login or password"
