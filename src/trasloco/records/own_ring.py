"""Which master keys the database needs: a worker or a restored machine with another file than these is told so at once.

Without this each account would fail by itself, one after the other, with passwords that nobody can read.
"""

from __future__ import annotations

import logging
from pathlib import Path

from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.key_rotation import keys_in_use

log = logging.getLogger(__name__)


def open_ring(path: Path) -> KeyRing:
    """The key ring of this machine, made only where the database holds nothing that another one protects.

    Raises ``KeyProblem`` when not one of the keys in use is there: the file is another installation's, or was left behind.
    """
    needed = keys_in_use()
    if not path.exists() and needed:
        raise KeyProblem(
            f"What is stored in this database is protected by master key {', '.join(sorted(needed))}, and there is no {path}. "
            "Copy master.key from the machine of the panel, or from a backup, to this place."
        )
    ring = KeyRing.open(path)
    missing = needed - ring.ids
    if needed and missing == needed:
        raise KeyProblem(
            f"What is stored in this database is protected by master key {', '.join(sorted(needed))}, which is not in {path}. "
            "Copy master.key from the machine of the panel, or from a backup, to this place."
        )
    if missing:
        log.warning("master key %s is in use and not in %s: what it protects cannot be read here", ", ".join(sorted(missing)), path)
    return ring
