"""One ``trasloco serve`` for a state directory, and none of its processes left over from one that was killed.

Two files that are ``flock``\\ ed; the kernel lets go of them however a process ends, so a number in a file that
outlived its process means nothing here. ``serve.lock`` is held by the supervisor alone. ``serve-children.lock`` is
inherited by its children: as long as one of them lives, the next ``serve`` waits.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from trasloco.project.halt import Halt
from trasloco.project.screen import say

SUPERVISOR = "serve.lock"
CHILDREN = "serve-children.lock"
PATIENCE = 60.0  # seconds for the processes of a serve that was killed: they put their work down first
_LOOK_SECONDS = 0.1


@contextlib.contextmanager
def serve_lock(state: Path, patience: float = PATIENCE) -> Iterator[int]:
    """Hold both as long as the block lasts; the file descriptor given is the one for the children. Raises ``Halt``."""
    with _opened(state / SUPERVISOR) as supervisor, _opened(state / CHILDREN) as children:
        if not _taken(supervisor):
            who = os.pread(supervisor, 20, 0).decode("ascii", "replace").strip()
            raise Halt(
                f"Another trasloco serve (process {who or 'unknown'}) works in {state} already. Stop that one first, "
                "or give this one a directory of its own with TRASLOCO_STATE_DIR."
            )
        os.ftruncate(supervisor, 0)
        os.pwrite(supervisor, f"{os.getpid()}\n".encode(), 0)
        _wait_for(children, state, patience)
        yield children


def _wait_for(children: int, state: Path, patience: float) -> None:
    until = time.monotonic() + patience
    waiting = False
    while not _taken(children):
        if not waiting:
            say("Processes of a serve that was killed are still putting their work down; waiting for them.")
            waiting = True
        if time.monotonic() > until:
            raise Halt(
                f"Processes of an earlier trasloco serve still hold {state / CHILDREN} after {patience:.0f} seconds. "
                "End them (fuser names them), then start again."
            )
        time.sleep(_LOOK_SECONDS)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
