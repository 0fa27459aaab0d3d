"""One serve for a state directory, and none of the processes of a killed one beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from trasloco.project.halt import Halt
from trasloco.project.serve_lock import serve_lock

_HOLDER = """
import subprocess, sys, time
from pathlib import Path
from trasloco.project.serve_lock import serve_lock
with serve_lock(Path(sys.argv[1])) as children:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=(children,))
    print(child.pid, flush=True)
    time.sleep(60)
"""


def test_the_second_is_refused_and_names_the_first(tmp_path: Path) -> None:
    with serve_lock(tmp_path), pytest.raises(Halt, match=rf"process {os.getpid()}\) works in {tmp_path} already"), serve_lock(tmp_path):
        pass
    with serve_lock(tmp_path):
        pass


def test_a_killed_one_is_waited_for_until_its_child_has_gone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    child = int(holder.stdout.readline())
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    try:
        with pytest.raises(Halt, match="still hold"), serve_lock(tmp_path, patience=0.3):
            pass
        assert "waiting for them" in capfd.readouterr().out
    finally:
        os.kill(child, signal.SIGKILL)
    with serve_lock(tmp_path, patience=10):
        pass


def test_the_number_in_the_file_of_one_that_was_killed_means_nothing(tmp_path: Path) -> None:
    (tmp_path / "serve.lock").write_text("1\n")
    with serve_lock(tmp_path):
        assert (tmp_path / "serve.lock").read_text() == f"{os.getpid()}\n"
