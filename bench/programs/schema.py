"""The database's schema, made before a worker is measured: the process that makes it takes some 25 MiB more for that, and no worker of a
running installation does."""

from __future__ import annotations

from trasloco.project.database import prepare

if __name__ == "__main__":
    with prepare():
        pass
