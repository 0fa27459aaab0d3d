"""The guard of what tests share notices what it shall notice: otherwise its silence would mean nothing."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from tests.process_state import ProcessState, changed, module_names
from tests.run_alone import run_alone
from trasloco.project.database import Database


def test_nothing_has_changed_where_nothing_was_done() -> None:
    assert ProcessState.now().changes() == []


def test_a_variable_that_came_changed_or_went_is_named_without_its_value_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRASLOCO_A", "as it was")
    monkeypatch.setenv("TRASLOCO_B", "as it was")
    monkeypatch.delenv("TRASLOCO_C", raising=False)
    before = ProcessState.now()
    os.environ["TRASLOCO_A"] = "a secret"
    del os.environ["TRASLOCO_B"]
    os.environ["TRASLOCO_C"] = "a secret"
    assert before.changes() == [f"TRASLOCO_{letter} of the environment" for letter in "ABC"]
    before.give_back()
    assert before.changes() == []
    assert "TRASLOCO_C" not in os.environ


def test_a_setting_that_was_set_or_changed_in_its_place_is_named_and_given_back(database: Database) -> None:
    from django.conf import settings
    from django.test import override_settings

    hosts = list(settings.ALLOWED_HOSTS)
    before = ProcessState.now()
    settings.ALLOWED_HOSTS = ["another.example"]
    assert before.changes() == ["ALLOWED_HOSTS of the settings"]
    before.give_back()
    assert (before.changes(), settings.ALLOWED_HOSTS) == ([], hosts)
    override_settings(ALLOWED_HOSTS=["another.example"]).enable()
    assert "an override of the settings" in before.changes()
    before.give_back()
    assert (before.changes(), settings.ALLOWED_HOSTS) == ([], hosts)


def test_a_logger_that_was_switched_off_and_another_directory_are_named_and_given_back(tmp_path: Path) -> None:
    logger = logging.getLogger("trasloco.of_this_test")
    before = ProcessState.now()
    logger.disabled = True
    os.chdir(tmp_path)
    assert before.changes() == ["logger trasloco.of_this_test", "the working directory"]
    before.give_back()
    assert (before.changes(), logger.disabled) == ([], False)


def test_another_thing_under_a_name_of_a_module_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.plan import window

    before = module_names()
    with monkeypatch.context() as patch:
        patch.setattr(window, "datetime", None)
        assert changed(before, module_names()) == ["trasloco.plan.window.datetime"]
    assert changed(before, module_names()) == []


def test_the_test_that_leaves_something_fails_and_the_next_one_does_not(tmp_path: Path) -> None:
    """The whole of it: tests in a pytest of their own, with the plugin of the suite."""
    done = run_alone(
        "tests.fix_process",
        tmp_path,
        "import os\n\n\n"
        "def test_leaves_it():\n    os.environ['LEFT_BEHIND'] = '1'\n\n\n"
        "def test_finds_nothing():\n    assert 'LEFT_BEHIND' not in os.environ\n",
    )
    assert "2 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "left otherwise than it was: LEFT_BEHIND of the environment" in done.stdout
