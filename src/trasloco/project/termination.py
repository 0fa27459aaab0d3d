"""A command that is asked to end is interrupted (``KeyboardInterrupt``) wherever it is, by SIGTERM as by Ctrl-C.

Python has places where nothing can be raised: the end of an object, a callback of a weak reference. An interrupt that falls there is
dropped with some lines on the terminal, and the command would go on as if nobody had asked. So it is asked once more.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_MOMENT = 0.05  # seconds
_otherwise = sys.unraisablehook


def interrupt_when_asked() -> None:
    """For the whole process, from its main thread."""
    signal.signal(signal.SIGTERM, _interrupt)
    sys.unraisablehook = _ask_again


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _ask_again(dropped: UnraisableHookArgs) -> None:
    if issubclass(dropped.exc_type, KeyboardInterrupt):
        # A moment later, when this place is left; if it is not, we are here again.
        again = threading.Timer(_MOMENT, os.kill, (os.getpid(), signal.SIGTERM))
        again.daemon = True
        again.start()
    else:
        _otherwise(dropped)
