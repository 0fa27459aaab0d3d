"""Where things are kept on this machine, from the environment. Makes nothing but the state directory.

``TRASLOCO_STATE_DIR``: the state directory; default ``$XDG_STATE_HOME/trasloco``, else ``~/.local/state/trasloco``.
``TRASLOCO_MASTER_KEY_FILE``: the keys that protect stored passwords; default ``<state>/master.key``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from trasloco.records.database_unavailable import DatabaseUnavailable


def state_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """The state directory as an absolute path, made with mode 0700 if absent. Raises ``DatabaseUnavailable``."""
    named = environ.get("TRASLOCO_STATE_DIR", "")
    base = environ.get("XDG_STATE_HOME", "")
    try:
        if named:
            path = Path(named).expanduser()
        elif base and Path(base).is_absolute():  # a relative one is to be ignored, says the XDG specification
            path = Path(base) / "trasloco"
        else:
            path = Path(environ.get("HOME") or Path.home()) / ".local/state/trasloco"
        path = path.absolute()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except RuntimeError as error:
        raise DatabaseUnavailable("This user has no home directory. Set TRASLOCO_STATE_DIR to a directory of his.") from error
    except FileExistsError as error:
        raise DatabaseUnavailable(f"{path} is a file, but TRASLOCO_STATE_DIR must be a directory.") from error
    except OSError as error:
        raise DatabaseUnavailable.from_os_error(error, path) from error
    return path


def master_key_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The key file's path; it is made at first use by ``records.key_ring``."""
    named = environ.get("TRASLOCO_MASTER_KEY_FILE", "")
    return Path(named).expanduser().absolute() if named else state_directory(environ) / "master.key"
