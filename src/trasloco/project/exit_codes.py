"""What the exit status of a command means; docs/exit-codes.md says it to the reader."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """The only statuses ``trasloco`` ends with, apart from 128+n when the system kills it."""

    OK = 0  # all is well
    SOMETHING_FAILED = 1  # it ran to its end, and some account or message needs a person
    USAGE = 2  # the command or the CSV is wrong: nothing was begun (also click's own status)
    BROKEN = 3  # Trasloco itself could not work: database, disk, key
    RESTS = 4  # all that is left sleeps until an hour that was said; the same command goes on then
    INTERRUPTED = 130  # stopped by Ctrl-C or SIGTERM; the same command goes on
