"""A signal ends a command, also where Python drops what is raised."""

from __future__ import annotations

import subprocess
import sys

BEGIN = """
import os, signal, time
from trasloco.project.termination import interrupt_when_asked
interrupt_when_asked()

class Ends:
    def __del__(self):
        {at_its_end}

try:
    thing = Ends()
    del thing
    time.sleep(30)
    print("nobody asked")
except KeyboardInterrupt:
    print("interrupted")
"""


def said(at_its_end: str) -> tuple[str, str]:
    program = BEGIN.format(at_its_end=at_its_end)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip(), done.stderr


def test_an_interrupt_that_python_drops_comes_again() -> None:
    assert said("os.kill(os.getpid(), signal.SIGTERM); time.sleep(0.2)") == ("interrupted", "")


def test_whatever_else_is_dropped_is_told_as_ever() -> None:
    out, told = said("signal.setitimer(signal.ITIMER_REAL, 0.2); signal.signal(signal.SIGALRM, signal.default_int_handler); 1 / 0")
    assert out == "interrupted"
    assert "ZeroDivisionError" in told
