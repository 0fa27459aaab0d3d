"""The distribution's own PostgreSQL, unpacked and not installed: what ``EmbeddedPostgres`` and ``Fleet`` need to run it.

server = EmbeddedPostgres(state, os.environ | debian_postgres())
"""

from __future__ import annotations

import re
import subprocess

from trasloco.testing.packages import PackagesUnavailable, PackageTree


def debian_postgres() -> dict[str, str]:
    """Environment variables that name its programs and their libraries. Raises ``PackagesUnavailable``."""
    PackageTree.obtain("postgresql-common", "postgresql-common")  # refreshes the lists where they are empty
    depends = subprocess.run(["apt-cache", "depends", "postgresql"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Depends: (postgresql-(\d+))", depends)
    if found is None:
        raise PackagesUnavailable(f"apt names no PostgreSQL: {depends}")
    tree = PackageTree.obtain("postgresql", found[1])
    return tree.environment() | {"TRASLOCO_PG_BIN": str(tree.root / "usr/lib/postgresql" / found[2] / "bin")}
