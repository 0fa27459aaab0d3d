"""``trasloco rotate-key``: another master key by one command, in one step or in two."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.project.conftest import Command
from trasloco.project.exit_codes import ExitCode


@pytest.fixture
def own(command: Command) -> Iterator[Command]:
    """The command with a state of this test alone: what others have stored needs its keys."""
    with tempfile.TemporaryDirectory(prefix="trasloco-test-") as directory:
        Path(directory).chmod(0o711)
        yield replace(command, state=Path(directory))


def ids(keys: Path) -> list[str]:
    return [line.split()[0] for line in keys.read_text().splitlines() if not line.startswith("#")]


def test_a_new_key_is_made_and_the_old_one_given_up(own: Command) -> None:
    keys = own.state / "master.key"
    own("superuser", "op@panel.example", TRASLOCO_SUPERUSER_PASSWORD="walnut ferry 8 cello")  # makes the state
    first = own("rotate-key", "--add-only")
    assert first.returncode == ExitCode.OK, first.stderr
    assert "Made master key" in first.stdout
    assert len(ids(keys)) == 2, "the first was made when it was first needed"
    second = own("rotate-key", "--no-new-key", "--forget-old")
    assert second.returncode == ExitCode.OK, second.stderr
    assert f"brought to master key {ids(keys)[-1]}: 0." in second.stdout
    assert "master.key: 1." in second.stdout
    assert len(ids(keys)) == 1


def test_steps_that_exclude_each_other_are_refused(command: Command) -> None:
    done = command("rotate-key", "--add-only", "--forget-old")
    assert done.returncode == ExitCode.USAGE
    assert "does the first step alone" in done.stderr
