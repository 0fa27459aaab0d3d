"""The key that signs sessions and one-time links: from the environment, or a file of the state directory."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from trasloco.project.paths import state_directory
from trasloco.records.database_unavailable import DatabaseUnavailable
from trasloco.records.private_file import create_private

NAME = "session.key"


def secret_key(environ: Mapping[str, str]) -> str:
    """``TRASLOCO_SECRET_KEY``, else the file's, made at first use with mode 0600. Raises ``DatabaseUnavailable``."""
    if named := environ.get("TRASLOCO_SECRET_KEY", ""):
        return named
    path = state_directory(environ) / NAME
    try:
        if not path.exists():
            create_private(path, secrets.token_urlsafe(48).encode())
        return path.read_text("ascii").strip()
    except OSError as error:
        raise DatabaseUnavailable.from_os_error(error, path) from error
