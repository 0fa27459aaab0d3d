"""Where the log goes: into a file of the state directory, or, where somebody gathers logs, to standard error; as text or as JSON.

What people have to know is said by the commands and the panel; the log is for the operator who wants to know what
happened when, on which migration and account, and for whoever looks into a fault. Several processes write one file.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import logging.handlers
import os
import time
from collections.abc import Mapping
from pathlib import Path

from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.records.database_unavailable import DatabaseUnavailable

NAME = "trasloco.log"
FORMAT, PLACE = "TRASLOCO_LOG_FORMAT", "TRASLOCO_LOG_TO"
FORMATS = ("text", "json")
PLACES = ("file", "stderr")
_SERVICES = ("serve", "panel", "worker")
_MOST_BYTES = 4 << 20
_OLD_FILES = 3
_REPEATING = ("psycopg.pool", "procrastinate.utils")
"""They say every second, the latter with a traceback, that the database is away; our own worker says it once."""


class SharedLogFile(logging.handlers.WatchedFileHandler):
    """Appends to a file that others append to as well, and turns it over when it is full, whichever of them notices.

    The library's own handler that does so supposes to be alone: two of them would turn over each other's files.
    """

    def __init__(self, path: Path, most_bytes: int = _MOST_BYTES, old_files: int = _OLD_FILES) -> None:
        super().__init__(path, encoding="utf-8", errors="backslashreplace", delay=True)
        self._path, self._most, self._old = path, most_bytes, old_files

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(OSError):  # a full disk is no reason to stop working
            self._turn_over_if_full()
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name of the library
        """Nothing: standard error belongs to the command."""

    def _turn_over_if_full(self) -> None:
        if not self._full():
            return
        lock = os.open(self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._full():  # nobody did it while we waited
                for number in range(self._old, 0, -1):
                    older = self._path if number == 1 else self._numbered(number - 1)
                    if older.exists():
                        older.replace(self._numbered(number))
                os.close(os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600))
        finally:
            os.close(lock)

    def _full(self) -> bool:
        try:
            return self._path.stat().st_size >= self._most
        except FileNotFoundError:
            return False

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def silence() -> None:
    """Until there is a file: nothing is printed that a command did not say."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())


def keep_log(state: Path, role: str, environ: Mapping[str, str] = os.environ) -> None:
    """Write warnings of all libraries, and what we log ourselves: to ``<state>/trasloco.log``, bounded, readable by its owner only; a
    service to standard error, where TRASLOCO_LOG_TO says so.

    role: which of our processes writes. Times are UTC. Raises ``DatabaseUnavailable`` when the file cannot be made, ``Halt`` for
    a TRASLOCO_LOG_FORMAT that is none.
    """
    formatter = _formatter(role, environ.get(FORMAT) or "text")
    # The terminal of other commands belongs to what they show.
    to_stderr = role in _SERVICES and environ.get(PLACE) == "stderr"
    handler: logging.Handler = logging.StreamHandler() if to_stderr else _file(state / NAME)
    handler.setFormatter(formatter)
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("trasloco").setLevel(logging.INFO)
    for name in _REPEATING:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _file(path: Path) -> logging.Handler:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    except OSError as error:
        raise DatabaseUnavailable.from_os_error(error, path) from error
    return SharedLogFile(path)


def _formatter(role: str, form: str) -> logging.Formatter:
    if form == "json":
        from trasloco.project.json_lines import JsonLines

        return JsonLines(role)
    if form not in FORMATS:
        raise Halt(f"{FORMAT} is {form!r}; it can be {' or '.join(FORMATS)}.", ExitCode.USAGE)
    line = f"%(asctime)s.%(msecs)03dZ {role}[%(process)d] %(levelname)s %(name)s: %(message)s"
    formatter = logging.Formatter(line, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    return formatter
