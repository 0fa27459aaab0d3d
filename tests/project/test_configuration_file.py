"""Settings from a TOML file: each name is known, the environment wins, and what is wrong is said in words."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from trasloco.project.cli import trasloco
from trasloco.project.configuration_file import PLAIN, SETTINGS, VARIABLE, apply_configuration

ROOT = Path(__file__).parents[2]


def applied(tmp_path: Path, text: str, **environ: str) -> dict[str, str]:
    path = tmp_path / "trasloco.toml"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    found = {VARIABLE: str(path), **environ}
    apply_configuration(trasloco, found)
    return found


def test_names_at_the_top_are_variables_and_tables_are_commands(tmp_path: Path) -> None:
    text = """
        database_url = "postgres://trasloco@db.example.net/trasloco"
        state_dir = "/var/lib/trasloco"
        hosts = ["trasloco.example.net", "localhost"]
        https = true
        quiet = false
        concurrency = 30
        [worker]
        processes = 0
        queues = ["transfers", "errands"]
        [migrate]
        include = ["trash", "junk"]
        [verify-proof]
        public-key = "x"
    """
    found = applied(tmp_path, text, TRASLOCO_STATE_DIR="/of/the/environment")
    found.pop(VARIABLE)
    assert found == {
        "DATABASE_URL": "postgres://trasloco@db.example.net/trasloco",
        "TRASLOCO_STATE_DIR": "/of/the/environment",
        "TRASLOCO_HOSTS": "trasloco.example.net,localhost",
        "TRASLOCO_HTTPS": "1",
        "TRASLOCO_QUIET": "",
        "TRASLOCO_CONCURRENCY": "30",
        "TRASLOCO_WORKER_PROCESSES": "0",
        "TRASLOCO_WORKER_QUEUES": "transfers,errands",
        "TRASLOCO_MIGRATE_INCLUDE": "trash;junk",
        "TRASLOCO_VERIFY_PROOF_PUBLIC_KEY": "x",
    }


def test_without_a_file_nothing_changes() -> None:
    environ = {"TRASLOCO_HOSTS": "x"}
    apply_configuration(trasloco, environ)
    assert environ == {"TRASLOCO_HOSTS": "x"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hosts = ", "is not TOML"),
        ("colour = 'blue'", "neither a setting nor an option"),
        ("[painter]\ncolour = 'blue'", "no such command"),
        ("[worker]\nport = 1", "trasloco worker has no such option"),
        ("port = 1979-05-27", "neither text, number"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(click.UsageError, match=words):
        applied(tmp_path, text)


def test_a_command_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "trasloco.toml"
    path.write_text("[worker]\nqueues = 'letters'\n")
    path.chmod(0o600)
    command = [str(Path(sys.executable).with_name("trasloco")), "worker"]
    done = subprocess.run(command, env=os.environ | {VARIABLE: str(path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "not letters" in done.stderr
    done = subprocess.run(command, env=os.environ | {VARIABLE: f"{path}.absent"}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert VARIABLE in done.stderr


def test_all_settings_of_the_environment_are_known_and_documented() -> None:
    page = (ROOT / "docs" / "service.md").read_text("utf-8")
    table = page[page.index("## Environment") : page.index("Each option has a twin")]
    documented = set(re.findall(r"`([A-Z_]+)`(?:, `([A-Z_]+)`)? \|", table))
    names = {name for pair in documented for name in pair if name} - {VARIABLE}
    assert names == {*PLAIN, *(f"TRASLOCO_{name}" for name in SETTINGS)}
