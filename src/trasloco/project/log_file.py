"""Where the libraries' own log goes: into a file of the state directory, never onto the screen.

What people have to know is said by the commands; the file is for whoever looks into a fault.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
from pathlib import Path

NAME = "trasloco.log"
_MOST_BYTES = 2 << 20
_OLD_FILES = 2


def silence() -> None:
    """Until there is a file: nothing is printed that a command did not say."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())


def keep_log(state: Path) -> None:
    """Write warnings of all libraries, and what we log ourselves, to ``<state>/trasloco.log``; bounded, readable by its owner only."""
    handler = logging.handlers.RotatingFileHandler(state / NAME, maxBytes=_MOST_BYTES, backupCount=_OLD_FILES, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    path = state / NAME
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("trasloco").setLevel(logging.INFO)
