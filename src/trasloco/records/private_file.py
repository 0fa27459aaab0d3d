"""A file that only we may read, written once: a key."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def create_private(path: Path, data: bytes) -> None:
    """Write beside and link: the file (0600) appears whole, and never in the place of another one. Raises OSError."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(unfinished, path)
        except FileExistsError:
            return
    finally:
        unfinished.unlink()
