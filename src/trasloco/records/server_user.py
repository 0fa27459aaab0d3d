"""As whom the embedded PostgreSQL runs. It refuses uid 0, so root lends it another user.

Decides only; nothing is changed here. The rules of permission bits are applied by reading them,
because asking the kernel as another user would need a process of that user.
"""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from trasloco.records.database_unavailable import DatabaseUnavailable


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The uid and gid of the server process; ``lent`` when they are not our own (we are root)."""

    name: str
    uid: int
    gid: int
    lent: bool

    @classmethod
    def choose(cls, data: Path) -> ServerUser:
        """The owner of ``data`` if it exists, ourselves, or as root: postgres, else nobody."""
        if os.geteuid() != 0:
            return cls("", os.geteuid(), os.getegid(), lent=False)
        if data.exists() and data.stat().st_uid != 0:
            return cls.of(pwd.getpwuid(data.stat().st_uid))
        for name in ("postgres", "nobody"):
            try:
                return cls.of(pwd.getpwnam(name))
            except KeyError:
                continue
        raise DatabaseUnavailable(
            "PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as. "
            "Run Trasloco as an ordinary user, or set DATABASE_URL to a server of your own."
        )

    @classmethod
    def of(cls, entry: pwd.struct_passwd) -> ServerUser:
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid, lent=True)

    def can_enter(self, directory: Path) -> bool:
        """Whether this user may pass through ``directory`` and all above it."""
        path = directory.resolve()
        return all(self._may(step, stat.S_IXOTH) for step in (path, *path.parents))

    def can_run(self, program: Path) -> bool:
        return self._may(program.resolve(), stat.S_IXOTH | stat.S_IROTH)

    def own(self, path: Path) -> None:
        """Give ``path`` to this user; nothing to do when it is ourselves."""
        if self.lent:
            os.chown(path, self.uid, self.gid)

    def _may(self, path: Path, bits: int) -> bool:
        """Whether the permission ``bits`` (given as those of "others") apply to this user on ``path``."""
        if not self.lent:
            return os.access(path, os.X_OK)
        found = path.stat()
        shift = 6 if found.st_uid == self.uid else 3 if found.st_gid == self.gid else 0
        return (found.st_mode >> shift) & bits == bits
