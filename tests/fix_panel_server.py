"""The panel served from this process, on the test's own database: for browsers, where a test moves rows meanwhile.

No worker is there: what moves, the test moves.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from trasloco.project.database import Database
from trasloco.testing.free_ports import free_ports

T = TypeVar("T")


@dataclass(frozen=True)
class PanelServer:
    """address: without a slash at the end. cookie: of the session of who signed in. do: call something that asks the
    database, in a thread without an event loop (the browser's is in the test's own)."""

    address: str
    executor: ThreadPoolExecutor

    def do(self, verb: Callable[..., T], *args: Any, **more: Any) -> T:
        def called() -> T:
            from django.db import connection

            try:
                return verb(*args, **more)
            finally:
                connection.close()

        return self.executor.submit(called).result(60)

    def session(self, person: Any) -> dict[str, str]:
        """A cookie, as Playwright takes it, by which the person is signed in."""

        def signed_in() -> str:
            from django.conf import settings
            from django.test import Client

            client = Client()
            client.force_login(person)
            return str(client.cookies[settings.SESSION_COOKIE_NAME].value)

        from django.conf import settings

        return {"name": settings.SESSION_COOKIE_NAME, "value": self.do(signed_in), "url": self.address}


@pytest.fixture
def panel_server(clean_database: Database) -> Iterator[PanelServer]:
    """Answers until the test is over."""
    import uvicorn

    from trasloco.project.asgi import application

    port = free_ports(1)[0]
    server = uvicorn.Server(
        uvicorn.Config(application, port=port, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 60
    while not server.started and time.monotonic() < end:
        time.sleep(0.05)
    assert server.started
    with ThreadPoolExecutor(1) as executor:
        yield PanelServer(f"http://127.0.0.1:{port}", executor)
    server.should_exit = True
    thread.join(30)
    assert not thread.is_alive()
