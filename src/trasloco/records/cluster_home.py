"""Where the embedded cluster lives, and the files around it. Paths and permissions only.

Ordinarily ``<state>/postgres``. Root cannot run PostgreSQL itself, and the user he lends it cannot
pass a 0700 directory such as /root; then the cluster lives in ``/var/lib/trasloco/<key>`` and
``<state>/postgres.json`` says so. The key is a digest of the state directory's path and a random
part kept in that file: an emptied state directory therefore starts with an empty database and
never silently gets the old data back; the old cluster stays where it was until someone removes it.

Files of a home: ``data`` (the cluster), ``run`` (the socket, 0700), ``pgpass`` (the password, 0600),
``start.lock``, ``users.lock`` and ``keeper.lock`` (see ``embedded_postgres``).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from trasloco.records.database_unavailable import DatabaseUnavailable
from trasloco.records.server_user import ServerUser

log = logging.getLogger(__name__)

ELSEWHERE = Path("/var/lib/trasloco")
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 103  # bytes without the final NUL: sun_path is 108 on Linux, 104 on BSD and macOS


@dataclass(frozen=True, slots=True)
class ClusterHome:
    """The directory of one embedded cluster; ``note`` is the file in the state directory that names it, if any."""

    state: Path
    path: Path
    user: ServerUser
    note: Path | None = None

    @classmethod
    def open(cls, state: Path) -> ClusterHome:
        """Find or make the home that belongs to this state directory. Raises ``DatabaseUnavailable``."""
        try:
            state.mkdir(parents=True, exist_ok=True, mode=0o700)
            note = state / "postgres.json"
            if note.exists():
                return cls._noted(state, note)
            here = state / "postgres"
            user = ServerUser.choose(here / "data")
            if not user.lent or user.can_enter(state.resolve().parent):
                if user.lent:
                    state.chmod(0o711)  # the server's user passes through, and still cannot look around
                return cls(state, here, user)._made()
            return cls._elsewhere(state, note, user)
        except OSError as error:
            raise DatabaseUnavailable.from_os_error(error, state) from error

    @classmethod
    def _noted(cls, state: Path, note: Path) -> ClusterHome:
        try:
            path = Path(json.loads(note.read_text("utf-8"))["home"])
        except (ValueError, KeyError, TypeError) as error:
            raise DatabaseUnavailable(f"{note} does not say where the database is; restore it from a backup.") from error
        if not path.is_dir():
            raise DatabaseUnavailable(
                f"The database of {state} should be in {path}, and is not there. Restore that directory, "
                f"or remove {note} to begin with an empty database."
            )
        return cls(state, path, ServerUser.choose(path / "data"), note)

    @classmethod
    def _elsewhere(cls, state: Path, note: Path, user: ServerUser) -> ClusterHome:
        key = hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:12]
        ELSEWHERE.mkdir(parents=True, exist_ok=True)
        ELSEWHERE.chmod(0o711)
        for old in ELSEWHERE.glob(f"{key}-*"):
            log.warning("an older database of %s is kept in %s and not used; remove it when nobody needs it", state, old)
        path = ELSEWHERE / f"{key}-{secrets.token_hex(4)}"
        home = cls(state, path, user, note)._made()
        unfinished = note.with_suffix(".new")
        unfinished.write_text(json.dumps({"home": str(path), "why": f"PostgreSQL runs as {user.name}, who cannot enter {state}"}), "utf-8")
        unfinished.rename(note)
        return home

    def _made(self) -> ClusterHome:
        for path in (self.path, self.path / "run"):
            path.mkdir(exist_ok=True, mode=0o700)
            self.user.own(path)
        return self

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def password_file(self) -> Path:
        return self.path / "pgpass"

    @property
    def server_log(self) -> Path:
        """In the state directory, readable by its owner only, kept short by the keeper."""
        return self.state / "postgres.log"

    def socket_directory(self) -> Path:
        """A 0700 directory of the server's user whose socket path is short enough. Raises ``DatabaseUnavailable``."""
        near = self.path / "run"
        if len(os.fsencode(near / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            return near
        key = hashlib.sha256(os.fsencode(self.path.resolve())).hexdigest()[:12]
        far = Path(f"/tmp/trasloco-{self.user.uid}-{key}")  # noqa: S108 - checked below to be ours alone
        try:
            far.mkdir(mode=0o700)
            self.user.own(far)
        except FileExistsError:
            pass
        found = far.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.user.uid or stat.S_IMODE(found.st_mode) != 0o700:
            raise DatabaseUnavailable(f"{far} belongs to somebody else, so the database's socket cannot be put there. Remove it.")
        return far

    def password(self) -> str:
        """The server's password; made at first use."""
        if not self.password_file.exists():
            unfinished = self.password_file.with_suffix(".new")
            unfinished.unlink(missing_ok=True)
            handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(f"*:*:*:trasloco:{secrets.token_urlsafe(32)}\n")
            self.user.own(unfinished)
            unfinished.rename(self.password_file)
        return self.password_file.read_text("ascii").rstrip("\n").rpartition(":")[2]

    def remove(self) -> None:
        """Delete the cluster and all its data. The server must be stopped."""
        shutil.rmtree(self.path)
        if self.note:
            self.note.unlink(missing_ok=True)
