"""mbsync (isync) between two of our test servers: what an administrator used before, and a peer to measure against."""

from __future__ import annotations

import subprocess
from pathlib import Path

from trasloco.testing.packages import PackageTree
from trasloco.testing.server import LocalServer


def mbsync(source: LocalServer, destination: LocalServer, here: tuple[str, str], there: tuple[str, str], directory: Path) -> None:
    """Pull all folders once. here, there: login and password on each side. directory: for its state; the same one goes on.

    Raises subprocess.CalledProcessError with its words, PackagesUnavailable.
    """
    tree = PackageTree.obtain("isync", "isync")
    sync = "Channel all\nFar :here:\nNear :there:\nPatterns *\nCreate Near\nSync PullNew\nCopyArrivalDate yes"
    config = directory / "mbsyncrc"
    stores = [_store("here", source, *here), _store("there", destination, *there)]
    config.write_text("\n".join([*stores, f"{sync}\nSyncState {directory}/mbsync-\n"]), "utf-8")
    words = [str(tree.root / "usr/bin/mbsync"), "-q", "-c", str(config), "-a"]
    environment = tree.environment() | {"HOME": str(directory)}
    subprocess.run(words, env=environment, capture_output=True, text=True, timeout=600, check=True)


def _store(name: str, server: LocalServer, login: str, password: str) -> str:
    quoted = password.replace("\\", "\\\\").replace('"', '\\"')
    account = f'IMAPAccount {name}\nHost {server.host}\nPort {server.port}\nUser "{login}"\nPass "{quoted}"\nSSLType None\nAuthMechs LOGIN'
    return f"{account}\n\nIMAPStore {name}\nAccount {name}\n"
