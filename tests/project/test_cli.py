from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import trasloco
from tests.project.conftest import Command
from trasloco.project import cli
from trasloco.project.exit_codes import ExitCode


def test_version(command: Command) -> None:
    done = command("--version")
    assert (done.returncode, done.stdout) == (0, f"trasloco {trasloco.__version__}\n")


def test_help_names_all_commands(command: Command) -> None:
    done = command("--help")
    assert done.returncode == 0
    for name in ("check", "migrate", "copy", "report", "demo"):
        assert f"\n  {name} " in done.stdout


@pytest.mark.parametrize("words", [["--help"], ["check", "--help"], ["copy", "--help"], ["demo", "--help"]])
def test_commands_without_a_database_do_not_load_django(words: list[str]) -> None:
    script = f"import sys; from trasloco.project import cli; code = cli.run({words!r}); sys.exit(code or int('django' in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unknown_command_is_a_usage_error(command: Command) -> None:
    done = command("migrat")
    assert done.returncode == ExitCode.USAGE
    assert "migrat" in done.stderr


def test_a_reader_that_goes_away_is_no_error(command: Command) -> None:
    shell = f"{command.words()[0]} migrate --help | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == ""


def test_our_own_mistakes_end_in_words_and_a_file(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*words: object, **options: object) -> None:
        raise ZeroDivisionError("a secret may stand here")

    monkeypatch.setattr(cli.trasloco, "main", broken)
    assert cli.run([]) == ExitCode.BROKEN
    said = capsys.readouterr().err
    assert "error of its own (ZeroDivisionError)" in said
    assert "a secret" not in said
    file = next(word for word in said.split() if "trasloco-error-" in word).rstrip(";,.")
    assert "Traceback" in Path(file).read_text("utf-8")
    Path(file).unlink()


def test_a_full_disk_is_said_as_such(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*words: object, **options: object) -> None:
        raise OSError(28, "No space left on device", "/data/x")

    monkeypatch.setattr(cli.trasloco, "main", broken)
    assert cli.run([]) == ExitCode.BROKEN
    assert "No space left on device (/data/x)" in capsys.readouterr().err
