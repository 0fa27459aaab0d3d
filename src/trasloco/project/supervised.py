"""A child of ``serve``, or of a worker of several processes, ends when its supervisor is gone, however that one went.

The supervisor holds the other end of the child's standard input and never writes: its end (``kill -9`` too) is the
end of that pipe. The child then stops as if it had been asked to; should it not get there, it goes without asking.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from types import FrameType
from typing import NoReturn

import click

from trasloco.project.exit_codes import ExitCode

log = logging.getLogger(__name__)

PATIENCE = 45.0  # seconds to put the work down

supervised_option = click.option("--supervised", is_flag=True, default=False, hidden=True)


def end_with_supervisor(patience: float = PATIENCE) -> None:
    """Watch standard input from now on, in a thread of its own. Asked to stop before the command has its own way to do so,
    it simply goes: it is the supervisor who says what happens."""
    signal.signal(signal.SIGTERM, _go)

    def watch() -> None:
        while os.read(0, 64):
            pass
        log.warning("the process that started this one is gone; stopping")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(patience)
        os._exit(ExitCode.BROKEN)

    threading.Thread(target=watch, daemon=True, name="supervisor-watch").start()


def _go(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(ExitCode.OK)
