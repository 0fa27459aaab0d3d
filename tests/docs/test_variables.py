"""Every variable of the environment that is read anywhere has its place in the documents, and none is named that nobody reads."""

from __future__ import annotations

import re
from pathlib import Path

import click

from trasloco.project.cli import trasloco

ROOT = Path(__file__).parents[2]
_NAME = re.compile(r"\bTRASLOCO_[A-Z][A-Z_]*[A-Z]\b")


def named_in(paths: list[Path]) -> set[str]:
    return {name for path in paths for name in _NAME.findall(path.read_text("utf-8"))}


def documents() -> list[Path]:
    return [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


def twins() -> set[str]:
    """Of the options: for all commands, and for one alone."""
    context = click.Context(trasloco)
    found = set()
    for name in trasloco.list_commands(context):
        command = trasloco.get_command(context, name)
        assert command is not None
        options = [item for item in command.params if isinstance(item, click.Option) and not item.hidden and item.envvar]
        general = {str(option.envvar) for option in options}
        prefix = f"TRASLOCO_{name.upper().replace('-', '_')}_"
        found |= general | {prefix + variable.removeprefix("TRASLOCO_") for variable in general}
    return found


def test_every_variable_that_is_read_is_documented() -> None:
    read = named_in([*(ROOT / "src" / "trasloco").rglob("*.py"), ROOT / "tests" / "journey" / "conftest.py"])
    assert "TRASLOCO_STATE_DIR" in read
    settings = (ROOT / "src" / "trasloco" / "project" / "settings.py").read_text("utf-8")
    of_django = set(re.findall(r"^(TRASLOCO_\w+) =", settings, re.MULTILINE))  # found out at the start, not read
    assert read - of_django - named_in(documents()) == set()


def test_every_variable_that_is_documented_is_read() -> None:
    sources = [path for room in ("src", "tests", "tools", "bench") for path in (ROOT / room).rglob("*.py")]
    assert named_in(documents()) - named_in(sources) - twins() == set()
