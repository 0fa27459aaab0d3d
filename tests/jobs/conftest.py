"""A name server for the tests of this folder."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest


class MxServer:
    """Answers MX questions over UDP on loopback. answers: (preference, host) by domain; others do not exist.

    where: "host:port", as TRASLOCO_DNS takes it.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, str]]] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.where = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._socket.sendto(b"", ("127.0.0.1", int(self.where.rpartition(":")[2])))
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, peer = self._socket.recvfrom(4096)
            if not data:
                return
            question = dns.message.from_wire(data)
            answer = dns.message.make_response(question)
            asked = question.question[0]
            found = self.answers.get(asked.name.to_text(omit_final_dot=True))
            if found is None:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            elif found:
                answer.answer.append(
                    dns.rrset.from_text(asked.name, 60, "IN", "MX", *(f"{preference} {host}." for preference, host in found))
                )
            self._socket.sendto(answer.to_wire(), peer)


@pytest.fixture
def mx_server() -> Iterator[MxServer]:
    """Of this test alone."""
    server = MxServer()
    yield server
    server.close()
