"""Mail written straight into the store of a Dovecot: a mailbox of a million messages in a minute.

Only for users who have not logged in yet: nothing here knows of the server's own files. What is written is a function of
the numbers of the messages, so the same numbers give the same mail.
"""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable, Iterable
from pathlib import Path

from trasloco.testing.dovecot import Dovecot

_FIRST_DAY = 1_400_000_000
_FLAGS = ("", "S", "S", "RS", "FS")


class Maildir:
    """The Maildir++ of one user. Raises FileExistsError when the user has a home already."""

    def __init__(self, server: Dovecot, user: str) -> None:
        name, group = server.identity
        self._owner = pwd.getpwnam(name).pw_uid, grp.getgrnam(group).gr_gid
        self._home = server.directory / "homes" / user
        self._root = self._home / "mail"
        for directory in (self._home, self._root):
            directory.mkdir()
            os.chown(directory, *self._owner)

    def write(self, folder: str, numbers: Iterable[int], content: Callable[[int], bytes]) -> None:
        """Make a folder ("" is INBOX; else its name below the root, without the point) and its messages.

        content: the message of a number, its lines ended by LF. Flags and INTERNALDATE follow from the number.
        """
        here = self._root / f".{folder}" if folder else self._root
        for directory in (here, *(here / name for name in ("cur", "new", "tmp"))):
            directory.mkdir(exist_ok=True)
            os.chown(directory, *self._owner)
        if folder:
            (here / "maildirfolder").touch()
            os.chown(here / "maildirfolder", *self._owner)
        for number in numbers:
            self._message(here / "cur", number, content(number))

    def _message(self, directory: Path, number: int, content: bytes) -> None:
        """One file, named as Dovecot does: both sizes, so that it need not read it, and flags."""
        moment, size, lines = _FIRST_DAY + number * 60, len(content), content.count(b"\n")
        name = f"{moment}.M{number}P1.bench,S={size},W={size + lines}:2,{_FLAGS[number % len(_FLAGS)]}"
        with (directory / name).open("xb") as file:
            file.write(content)
            file.flush()  # before the date is set
            os.fchown(file.fileno(), *self._owner)
            os.utime(file.fileno(), (moment, moment))
