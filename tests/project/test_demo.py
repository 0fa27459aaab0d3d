from __future__ import annotations

from tests.project.conftest import Command
from trasloco.project.exit_codes import ExitCode


def test_the_demo_ends_well_and_leaves_what_it_was_told_to_keep(command: Command) -> None:
    directory = command.directory / "kept"
    done = command("demo", "--keep", directory, "--panel-for", "1")
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    assert "Every message is there, byte for byte: 2,394 of 2,394." in done.stdout
    assert "The panel is open:" in done.stdout
    assert {path.name for path in directory.iterdir()} >= {"accounts.csv", "report.html", "report.json", "state"}
    again = command("demo", "--keep", directory)
    assert again.returncode == ExitCode.USAGE
    assert "is not empty" in again.stderr
