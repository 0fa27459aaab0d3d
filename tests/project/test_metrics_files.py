"""Several processes count, one answers; who dies is followed by one that goes on counting."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from trasloco.project.metrics_files import forget_present, metrics_directory, sum_of

_WRITER = """
import os, signal, sys
from pathlib import Path
from trasloco.project.metrics_files import write_into
write_into(Path(sys.argv[1]))
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
registry = CollectorRegistry()
Counter("done", "Done.", registry=registry).inc(float(sys.argv[2]))
Gauge("held", "Held.", registry=registry, multiprocess_mode="livesum").set(float(sys.argv[2]))
Histogram("took", "Took.", registry=registry, buckets=(1.0, 10.0)).observe(float(sys.argv[2]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def write(place: Path, amount: int) -> None:
    done = subprocess.run([sys.executable, "-c", _WRITER, str(place), str(amount)], timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL


def test_what_processes_counted_adds_up_and_survives_them(tmp_path: Path) -> None:
    with metrics_directory(tmp_path) as directory:
        registry = sum_of(directory)
        write(directory / "1", 2)
        write(directory / "2", 5)
        assert registry.get_sample_value("done_total") == 7
        assert registry.get_sample_value("held") == 7
        assert registry.get_sample_value("took_bucket", {"le": "10.0"}) == 2
        files = set(directory.iterdir())
        forget_present(directory / "2")
        assert registry.get_sample_value("done_total") == 7
        assert registry.get_sample_value("held") == 2  # what the dead one held, nobody holds
        write(directory / "2", 1)
        assert registry.get_sample_value("done_total") == 8
        assert registry.get_sample_value("held") == 3
        assert set(directory.iterdir()) == files  # no more files than places
    assert not directory.exists()


def test_a_file_that_is_just_being_made_is_waited_for(tmp_path: Path) -> None:
    with metrics_directory(tmp_path) as directory:
        registry = sum_of(directory)
        write(directory / "1", 2)
        begun = directory / "counter_2.db"
        begun.touch()
        maker = threading.Timer(0.1, begun.unlink)
        maker.start()
        assert registry.get_sample_value("done_total") == 2
        maker.join()


def test_directories_are_the_owners_alone_and_those_of_the_dead_are_removed(tmp_path: Path) -> None:
    left = tmp_path / "metrics" / "left"
    left.mkdir(parents=True)
    (left / "counter_1.db").write_bytes(b"")
    with metrics_directory(tmp_path) as first, metrics_directory(tmp_path) as second:
        assert first != second
        assert first.exists()
        assert not left.exists()
        assert first.stat().st_mode & 0o777 == 0o700


def test_a_directory_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("")
    with pytest.raises(OSError), metrics_directory(tmp_path):  # the command line says it in words
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["metrics"]
