from __future__ import annotations

import os

import click
import pytest
from click.testing import CliRunner

from trasloco.engine.reach import reach
from trasloco.project.options import SectionedCommand
from trasloco.project.reach_options import reach_options

RANGES, PORTS = "TRASLOCO_ALLOW_ADDRESSES", "TRASLOCO_ALLOW_PORTS"


@click.command(cls=SectionedCommand)
@reach_options
def probe() -> None:
    """Says what a process would find."""
    click.echo(f"{os.environ[RANGES]} {os.environ[PORTS]}")


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """The options write into the environment."""
    monkeypatch.setenv(RANGES, "")
    monkeypatch.setenv(PORTS, "")


def test_what_is_said_is_found_by_the_processes_we_start() -> None:
    words = ["--allow-addresses", "10.1.0.0/16", "--allow-addresses", "192.168.7.20", "--allow-ports", "1993", "--allow-ports", "2000-2999"]
    assert CliRunner().invoke(probe, words).output == "10.1.0.0/16;192.168.7.20 1993;2000-2999\n"
    policy = reach()
    assert policy.refusal(["10.1.2.3", "192.168.7.20"]) is None
    assert policy.refusal(["10.2.0.1"]) is not None
    assert policy.port_refusal(2500) is None
    assert policy.port_refusal(3000) is not None


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RANGES, "10.0.0.0/8;172.16.0.0/12")
    monkeypatch.setenv(PORTS, "1993")
    assert CliRunner().invoke(probe, []).output == "10.0.0.0/8;172.16.0.0/12 1993\n"
    assert CliRunner().invoke(probe, ["--allow-addresses", "10.1.0.0/16"]).output == "10.1.0.0/16 1993\n"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--allow-addresses", "mail.example.net"], '"mail.example.net" is none of these. Write for example 10.1.0.0/16'),
        (["--allow-addresses", "10.0.0.1/8"], '"10.0.0.1/8" is none of these'),
        (["--allow-ports", "imap"], '"imap" is none of these. Write for example 1993 or 2000-2999'),
        (["--allow-ports", "70000"], '"70000" is none of these'),
    ],
)
def test_what_is_none_is_refused_with_an_example(words: list[str], named: str) -> None:
    done = CliRunner().invoke(probe, words)
    assert done.exit_code == 2
    assert named in done.output


def test_neither_does_a_wrong_environment_begin_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PORTS, "993-")
    done = CliRunner().invoke(probe, [])
    assert done.exit_code == 2
    assert '"993-" is none of these' in done.output
