"""The log that several processes write: whole lines, turned over once, readable by its owner only."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from trasloco.project.halt import Halt
from trasloco.project.log_file import _REPEATING as REPEATING
from trasloco.project.log_file import SharedLogFile, keep_log
from trasloco.records.database_unavailable import DatabaseUnavailable

_WRITER = """
import logging, sys
from pathlib import Path
from trasloco.project.halt import Halt
from trasloco.project.log_file import SharedLogFile
handler = SharedLogFile(Path(sys.argv[1]), most_bytes=20_000, old_files=50)
log = logging.getLogger("writer")
log.addHandler(handler)
for number in range(400):
    log.error("%s %s %s", sys.argv[2], number, "x" * 50)
"""


def test_lines_of_four_processes_survive_the_turning_over(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(path), name]) for name in "abcd"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    files = [file for file in tmp_path.iterdir() if file.suffix != ".lock"]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    assert sorted(line[: -len(" " + "x" * 50)] for line in lines) == sorted(f"{name} {number}" for name in "abcd" for number in range(400))
    assert len(files) > 3
    assert all(file.stat().st_size < 25_000 for file in files)


def test_only_so_many_old_files_are_kept(tmp_path: Path) -> None:
    handler = SharedLogFile(tmp_path / "a.log", most_bytes=100, old_files=2)
    for number in range(50):
        handler.emit(logging.LogRecord("x", logging.INFO, "", 0, f"line {number} {'x' * 60}", None, None))
    handler.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.log", "a.log.1", "a.log.2", "a.log.lock"]
    assert "line 49" in (tmp_path / "a.log").read_text() + (tmp_path / "a.log.1").read_text()


@pytest.fixture
def loggers_as_they_were() -> Iterator[None]:
    """What ``keep_log`` does to the loggers of this process is undone; another test would find its lines missing."""
    root = logging.getLogger()
    handlers = list(root.handlers)
    levels = {logger: logger.level for logger in (root, *map(logging.getLogger, ("trasloco", *REPEATING)))}
    yield
    logging.captureWarnings(False)
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    for logger, level in levels.items():
        logger.setLevel(level)


@pytest.mark.usefixtures("loggers_as_they_were")
def test_a_line_says_when_in_utc_who_and_what(tmp_path: Path) -> None:
    keep_log(tmp_path, "worker")
    logging.getLogger("trasloco.jobs").info("run 1 of migration %s began", "k7m2q9xd")
    logging.getLogger("elsewhere").info("not for us")
    path = tmp_path / "trasloco.log"
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z worker\[\d+\] INFO trasloco\.jobs: run 1 of migration k7m2q9xd began\n", path.read_text()
    )
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_log_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="cannot be used"):
        keep_log(tmp_path / "missing", "serve")


@pytest.mark.usefixtures("loggers_as_they_were")
def test_a_line_can_be_json(tmp_path: Path) -> None:
    keep_log(tmp_path, "panel", {"TRASLOCO_LOG_FORMAT": "json"})
    logging.getLogger("trasloco.jobs").info("run %s began", 1)
    line = json.loads((tmp_path / "trasloco.log").read_text())
    assert (line["part"], line["message"]) == ("panel", "run 1 began")


@pytest.mark.usefixtures("loggers_as_they_were")
def test_a_service_writes_to_standard_error_where_that_is_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep_log(tmp_path, "worker", {"TRASLOCO_LOG_TO": "stderr"})
    logging.getLogger("trasloco.jobs").info("run 1 began")
    assert capsys.readouterr().err.endswith("INFO trasloco.jobs: run 1 began\n")
    assert not (tmp_path / "trasloco.log").exists()


@pytest.mark.usefixtures("loggers_as_they_were")
def test_the_terminal_of_other_commands_stays_theirs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep_log(tmp_path, "migrate", {"TRASLOCO_LOG_TO": "stderr"})
    logging.getLogger("trasloco.jobs").info("run 1 began")
    assert capsys.readouterr().err == ""
    assert "run 1 began" in (tmp_path / "trasloco.log").read_text()


def test_a_format_that_there_is_not_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(Halt) as halt:
        keep_log(tmp_path, "migrate", {"TRASLOCO_LOG_FORMAT": "xml"})
    assert halt.value.words == "TRASLOCO_LOG_FORMAT is 'xml'; it can be text or json."
