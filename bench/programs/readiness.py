"""What a program of ours says before it is measured: all is imported, it waits for the word."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any


def arguments() -> dict[str, Any]:
    """The task: JSON in the file that the first word of the command line names."""
    found: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    return found


def wait_for_the_word() -> None:
    """Say ``ready`` with the processor seconds used so far, and wait for a line."""
    _say("ready")
    sys.stdin.readline()


def done() -> None:
    """Say that all is copied; what follows is the end of a process and no part of the copy."""
    _say("done")


def _say(word: str) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    sys.stdout.write(f"{word} {used.ru_utime + used.ru_stime:.6f}\n")
    sys.stdout.flush()
