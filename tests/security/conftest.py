"""A machine of ours with an open door that nobody may be led to, and a name server whose names lead there."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import pytest

from tests.security.inside import NAMES
from trasloco.testing.zone import Records, Zone


class Door:
    """Listens on one port of every address of this machine, or of one of them, while it is entered. ``callers``: who came."""

    def __init__(self, host: str = "::", port: int = 0) -> None:
        self.callers: list[str] = []
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if host == "::":
            self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self._socket.bind((host, port))
        self._socket.listen(64)
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._answer, daemon=True)

    def _answer(self) -> None:
        with contextlib.suppress(OSError):  # shut down by __exit__
            while True:
                caller, address = self._socket.accept()
                self.callers.append(str(address[0]))
                caller.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()


@pytest.fixture
def door() -> Iterator[Door]:
    """Nobody may have come through it when the test is over; that it is open is tried before."""
    with Door() as found:
        for host in ("127.0.0.1", "127.9.9.9", "::1"):
            socket.create_connection((host, found.port), 30).close()
        ours = threading.Event()
        for _ in range(3000):
            if len(found.callers) == 3:
                break
            ours.wait(0.01)
        assert len(found.callers) == 3
        found.callers.clear()
        yield found
    assert found.callers == []


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Zone]]:
    """``zone({("old.example", "MX"): [...]})``: the name server of this test; it knows the ``NAMES`` as well."""
    with ExitStack() as stack:

        def serving(records: dict[tuple[str, str], Records] | None = None) -> Zone:
            found = stack.enter_context(Zone(NAMES | (records or {})))
            monkeypatch.setenv("TRASLOCO_DNS", found.address)
            return found

        yield serving
