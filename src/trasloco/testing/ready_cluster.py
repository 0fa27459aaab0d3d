"""A database with its schema, made once and laid into new state directories: what starts there need not make it again.

    with ReadyCluster(directory) as cluster:
        cluster.lay(state)  # as if a command of ours had run there and ended

Making one takes some seconds of work, a copy a tenth of one. All copies have the same password of the database's owner.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from trasloco.records.embedded_postgres import EmbeddedPostgres

MAKE = "from trasloco.project.database import prepare\nwith prepare(): pass"
"""In a process of its own: it sets Django up for that state directory."""


class ReadyCluster:
    """directory: an empty one, for the state directory that is copied from."""

    def __init__(self, directory: Path) -> None:
        self._state = directory / "state"

    def __enter__(self) -> Self:
        surroundings = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        surroundings["TRASLOCO_STATE_DIR"] = str(self._state)
        subprocess.run([sys.executable, "-c", MAKE], env=surroundings, check=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        EmbeddedPostgres(self._state).remove()

    def lay(self, state: Path) -> None:
        """Give a state directory in which no database has been made yet a copy. Raises FileExistsError where there is one."""
        ready, home = EmbeddedPostgres(self._state).home, EmbeddedPostgres(state).home
        if home.data.exists():
            raise FileExistsError(home.data)
        for source, target in ((ready.password_file, home.password_file), (ready.data, home.data)):
            subprocess.run(["/bin/cp", "--archive", "--reflink=auto", source, target], check=True)  # owners and modes, too
