"""The metrics of several processes under one supervisor, answered for by one of them.

Each process writes its own into files of a directory (``prometheus_client``'s way for several processes), under the number of its
place among the supervisor's children: one that died and was started again goes on counting where the other was, so nothing
jumps back, and there are never more files than places.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prometheus_client import CollectorRegistry, values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

NAME = "metrics"
_PAUSES = (0.01, 0.05, 0.2, 0.5)  # seconds
_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # the library's own


@contextmanager
def metrics_directory(state: Path) -> Iterator[Path]:
    """A new directory below ``<state>/metrics``, removed at the end; those that killed supervisors left are removed, too.

    Raises OSError."""
    parent = state / NAME
    parent.mkdir(mode=0o700, exist_ok=True)
    with (parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # while a new one is not held yet, nobody may take it for one that is left over
        for path in parent.iterdir():
            if path.is_dir() and not _held(path):
                shutil.rmtree(path, ignore_errors=True)
        directory = Path(tempfile.mkdtemp(dir=parent))
        holding = os.open(directory, os.O_RDONLY)
        fcntl.flock(holding, fcntl.LOCK_EX)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(holding)


def write_into(place: Path) -> None:
    """All metrics that this process makes from now on are kept in files. place: the directory, and the process's name there."""
    os.environ[_VARIABLE] = str(place.parent)
    values.ValueClass = values.MultiProcessValue(lambda: place.name)  # type: ignore[no-untyped-call] # the library's own


def sum_of(directory: Path) -> CollectorRegistry:
    """What all processes together have counted."""
    registry = CollectorRegistry()
    registry.register(_Sum(directory))
    return registry


class _Sum(Collector):
    """The library's, asked again when it met a file that a process had begun to write just then, or that has gone."""

    def __init__(self, directory: Path) -> None:
        self._files = MultiProcessCollector(None, str(directory))  # type: ignore[no-untyped-call] # the library's own

    def collect(self) -> Iterable[Metric]:
        for pause in _PAUSES:
            with suppress(struct.error, RuntimeError, OSError):
                return self._all()
            time.sleep(pause)
        return self._all()

    def _all(self) -> Iterable[Metric]:
        return list(self._files.collect())  # type: ignore[no-untyped-call] # the library's own


def forget_present(place: Path) -> None:
    """The process of this place has died: what it had in hand it has no longer; what it counted stays."""
    mark_process_dead(place.name, str(place.parent))  # type: ignore[no-untyped-call] # the library's own


def _held(directory: Path) -> bool:
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
