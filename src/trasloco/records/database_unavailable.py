"""The one error people see when the database cannot be had: words that say what to do.

Raised by the embedded server, by migrations and by everything that opens the database;
``str(error)`` is a whole sentence without secrets and without a traceback's jargon.
"""

from __future__ import annotations

import errno
from pathlib import Path


class DatabaseUnavailable(Exception):
    """The database cannot be started, reached or written; the words are for the operator."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words

    @classmethod
    def from_os_error(cls, error: OSError, path: Path) -> DatabaseUnavailable:
        """Words for a file that could not be made, read or written."""
        where = error.filename or path
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return cls(f"The disk that holds {where} is full. Make room there, then start again; nothing is lost.")
        if error.errno in (errno.EACCES, errno.EPERM):
            return cls(
                f"{where} may not be written by this user. Give it to the user who runs Trasloco, "
                "or point TRASLOCO_STATE_DIR at a directory of his."
            )
        if error.errno == errno.EROFS:
            return cls(f"{where} is on a read-only file system. Point TRASLOCO_STATE_DIR at a directory that can be written.")
        return cls(f"{where} cannot be used: {error.strerror or error}.")
