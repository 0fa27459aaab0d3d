"""An IMAP server out of PyPI for the demo, where Dovecot cannot be had: pymap with its mail in memory.

It runs as a process of its own, on loopback and in plain text: ``python -m trasloco.project.demo.pymap_server``
reads its users from standard input as JSON (name -> password), writes its port, and ends when standard input ends,
so that nothing is left behind however the demo ends.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module, metadata
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

from trasloco.testing.server import ServerFailed

HOST = "127.0.0.1"


class PymapServer:
    """``with PymapServer({name: password}) as server:`` listens on ``server.port``. Raises ``ServerFailed``."""

    def __init__(self, users: Mapping[str, str]) -> None:
        self.users = dict(users)
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def version(self) -> str:
        return f"pymap {metadata.version('pymap')}"

    def __enter__(self) -> Self:
        if find_spec("pymap") is None:
            raise ServerFailed("neither Dovecot nor pymap is here. Install one of them: pip install 'trasloco[demo]'")
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(self.users) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line.strip().isdigit():
            self._process.kill()
            raise ServerFailed("pymap did not start")
        self.port = int(line)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


async def _serve(users: Mapping[str, str]) -> None:
    """Serve until standard input ends. pymap is looked up by name: it need not be installed for the rest to work."""
    arguments = ["--host", HOST, "--port", "0", "dict"]
    parser = import_module("argparse").ArgumentParser()
    backend_type: Any = import_module("pymap.backend.dict").DictBackend
    service_type: Any = import_module("pymap.imap").IMAPService
    subparser = backend_type.add_subparser("dict", parser.add_subparsers())
    subparser.set_defaults(backend_type=backend_type)
    service_type.add_arguments(parser)
    parser.set_defaults(skip_services=[], passlib_cfg=None, debug=False)
    backend, config = await backend_type.init(parser.parse_args(arguments))
    config.apply_context()
    user_type: Any = import_module("pymap.user")
    passwords = user_type.Passwords(config)
    for name, password in users.items():
        backend.login.users_dict[name] = user_type.UserMetadata(config, name, password=await passwords.hash_password(password))
    imap: Any = import_module("pymap.imap")
    converse = imap.ProxyProtocolReader(config.proxy_protocol).get_callback(imap.IMAPServer(backend.login, config))
    server = await asyncio.start_server(converse, HOST, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.stdin.readline())))
