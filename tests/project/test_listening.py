"""The panel's socket: what is in the way is said in words."""

from __future__ import annotations

import socket

import pytest

from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.listening import address_of, listen


def test_it_listens_on_both_kinds_of_addresses() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        with listen(host, 0) as opened, socket.create_connection(opened.getsockname()[:2], 5):
            pass


def test_a_port_that_is_taken_is_named() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(Halt, match=rf"Port {port} of 127\.0\.0\.1 is taken by another program\.") as caught:
            listen("127.0.0.1", port)
    assert caught.value.code == ExitCode.BROKEN


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "300.1.1.1"])
def test_an_address_that_is_not_ours_is_named(host: str) -> None:
    with pytest.raises(Halt, match=f"{host} is no address of this machine"):
        listen(host, 0)


def test_the_address_is_one_that_can_be_typed() -> None:
    assert address_of("0.0.0.0", 80) == "http://127.0.0.1:80"
    assert address_of("::", 8080) == "http://[::1]:8080"
    assert address_of("2001:db8::1", 8080) == "http://[2001:db8::1]:8080"
    assert address_of("panel.example.net", 8080) == "http://panel.example.net:8080"
