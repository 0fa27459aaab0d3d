from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from trasloco.testing.cutting_proxy import CuttingProxy

PATIENCE = 10.0


@pytest.fixture
def proxy() -> Iterator[CuttingProxy]:
    with socket.create_server(("127.0.0.1", 0)) as server, CuttingProxy(*server.getsockname()) as running:
        yield running


def all_seen(proxy: CuttingProxy, connections: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while proxy.seen.connections < connections:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_those_that_are_open_at_the_same_time_are_counted(proxy: CuttingProxy) -> None:
    for number in range(1, 4):
        with socket.create_connection((proxy.host, proxy.port)), socket.create_connection((proxy.host, proxy.port)):
            all_seen(proxy, 2 * number)
            assert proxy.seen.most_open == 2


def test_who_has_hung_up_is_not_open_though_the_proxy_has_not_come_to_see_it(proxy: CuttingProxy) -> None:
    hundred = 100
    for _ in range(hundred):  # mostly two or more of them are accepted, one of which has gone again, before any end is read
        socket.create_connection((proxy.host, proxy.port)).close()
    all_seen(proxy, hundred)
    assert proxy.seen.most_open <= 1


def test_armed_it_counts_anew(proxy: CuttingProxy) -> None:
    with socket.create_connection((proxy.host, proxy.port)):
        all_seen(proxy, 1)
        assert proxy.seen.most_open == 1
        proxy.arm()
        assert (proxy.seen.connections, proxy.seen.most_open) == (0, 0)
