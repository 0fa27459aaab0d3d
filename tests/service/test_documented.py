"""docs/service.md names every variable that is read, every option and every setting, and none that is not there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "service.md").read_text("utf-8")
# Of commands that are not the service, or of every program.
ELSEWHERE = {"HOME", "XDG_STATE_HOME", "PATH", "TZ", "TRASLOCO_FROM_PASSWORD", "TRASLOCO_TO_PASSWORD"}
ELSEWHERE |= {"TRASLOCO_DESTINATION_MASTER_PASSWORD"}


def read_by_the_code() -> set[str]:
    """Names in ``environ.get("X")`` and ``environ["X"]``, and those of password options; not of the test doubles."""
    found: set[str] = set()
    for path in (ROOT / "src" / "trasloco").rglob("*.py"):
        if "testing" not in path.parts and "demo" not in path.parts:
            text = path.read_text("utf-8")
            found |= set(re.findall(r'environ(?:\.get\(|\[)"([A-Z][A-Z_]+)"', text))
            found |= set(re.findall(r'_VARIABLE = "(TRASLOCO_[A-Z_]+)"', text))
            found |= set(re.findall(r'"(TRASLOCO_[A-Z_]+_PASS(?:WORD|PHRASE))"', text))
    return found - ELSEWHERE


def section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def first_cells(text: str) -> set[str]:
    """The names in code marks of the first column of its tables."""
    return {name for row in re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)}


def test_every_variable_that_is_read_is_documented() -> None:
    """Some in the table of the options, whose twins they are."""
    documented = {name for name in first_cells(section("Environment")) if name.isupper()}
    twins = set(re.findall(r"^\| `--[^|]+\| `(TRASLOCO_[A-Z_]+)` \|", section("Environment"), re.MULTILINE))
    assert documented == read_by_the_code() - twins


@pytest.mark.parametrize("name", ["serve", "panel", "worker"])
def test_every_option_of_the_service_is_documented_with_its_twin_and_default(name: str) -> None:
    command: click.Command = getattr(importlib.import_module(f"trasloco.project.commands.{name}"), name)
    options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden and option.name != "help"]
    assert options
    for option in options:
        shown = "off" if option.is_flag else "none" if option.multiple or option.default is None else str(option.default)
        row = re.search(rf"^\| `{option.opts[0]}` \| `{option.envvar}` \| (.*) \|$", section("Environment"), re.MULTILINE)
        assert row is not None, option.opts
        assert row[1].startswith(shown)


@pytest.mark.usefixtures("database")
def test_every_setting_of_the_installation_is_documented_with_its_default() -> None:
    from trasloco.records.models import Installation

    stored = {"id", "smtp_secret", "wrapped_key", "key_id"}  # what a setting is kept in
    fields = {field.name: field for field in Installation._meta.get_fields() if field.name not in stored}
    assert first_cells(section("Settings of the installation")) == set(fields)
    for name in ("most_lines", "most_unfinished", "most_hours", "keep_days"):
        assert f"| `{name}` | {Installation().__getattribute__(name)} |" in PAGE
    assert Installation().most_message_bytes == 50 << 20
    assert Installation().smtp_port == 587


def test_the_waits_of_a_mail_are_those_documented() -> None:
    source = (ROOT / "src" / "trasloco" / "records" / "mails.py").read_text("utf-8")
    assert "WAITS = (1, 5, 15, 60, 180, 360, 720, 1440)" in source
    assert "after 1, 5, 15 minutes, 1, 3, 6, 12 and 24 hours" in section("Mails")


def test_the_readme_leads_here() -> None:
    assert "[docs/service.md](docs/service.md)" in (ROOT / "README.md").read_text("utf-8")
