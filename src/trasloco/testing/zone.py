"""A name server on loopback that knows what it is told, over UDP and TCP.

    with Zone({("old.example", "MX"): ["10 mx.old.example."]}) as zone:
        os.environ["TRASLOCO_DNS"] = zone.address

Records are written as in a zone file; a callable is asked anew for each answer. A name without any record does not exist;
names in ``silent`` get no answer. A CNAME is followed as far as it is known here.
Several name servers of one domain share a port and differ by their address:

    with Zone(world) as resolver, Zone(first, host="127.0.0.2", port=resolver.port) as one: ...
"""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

_TRIES = 20  # for a port that is free by UDP and by TCP

Records = Sequence[str] | Callable[[], Sequence[str]]


class Zone:
    """Answers while it is entered. ``asked``: name and type of each question, in order; ``by_tcp``: those that came by TCP.

    All of it may be changed meanwhile: ``records``; ``ttl``, seconds of every record; ``silent``: names that get no answer;
    ``failing``: names that get SERVFAIL; ``refusing``: every question is refused; ``lame``: it answers without authority;
    ``truncating``: answers over UDP are cut, so that they are asked for by TCP; ``minimum``: negative answers carry a SOA that says so.
    """

    def __init__(
        self,
        records: Mapping[tuple[str, str], Records],
        *,
        silent: Collection[str] = (),
        host: str = "127.0.0.1",
        port: int = 0,
        ttl: int = 60,
    ) -> None:
        self.records = {(name.casefold(), kind): values if callable(values) else list(values) for (name, kind), values in records.items()}
        self.asked: list[tuple[str, str]] = []
        self.by_tcp: list[tuple[str, str]] = []
        self.silent, self.failing = set(silent), set[str]()
        self.refusing = self.lame = self.truncating = False
        self.ttl, self.minimum = ttl, 60
        self._servers, self._port = _bind(self, host, port)
        self._host = host
        self._threads = [
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True) for server in self._servers
        ]

    @property
    def address(self) -> str:
        """``host:port``, as TRASLOCO_DNS takes it."""
        return f"{self._host}:{self.port}"

    @property
    def port(self) -> int:
        return self._port

    def answer(self, question: dns.message.Message, *, tcp: bool = False) -> dns.message.Message | None:
        asked = question.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True).casefold(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind))
        if tcp:
            self.by_tcp.append((name, kind))
        if name in self.silent:
            return None
        response = dns.message.make_response(question)
        response.flags |= dns.flags.RA
        if self.refusing or name in self.failing:
            response.set_rcode(dns.rcode.REFUSED if self.refusing else dns.rcode.SERVFAIL)
            return response
        if not self.lame:
            response.flags |= dns.flags.AA
        if self.truncating and not tcp:
            response.flags |= dns.flags.TC
            return response
        self._fill(response, asked.name, kind)
        return response

    def _fill(self, response: dns.message.Message, owner: dns.name.Name, kind: str) -> None:
        """The records, behind as many aliases as are known; NXDOMAIN where nothing is known of the name."""
        followed = set[str]()
        while (name := owner.to_text(omit_final_dot=True).casefold()) not in followed:
            followed.add(name)
            values = self._values(name, kind)
            alias = [] if kind == "CNAME" else self._values(name, "CNAME")
            if values:
                response.answer.append(dns.rrset.from_text_list(owner, self.ttl, "IN", kind, values))
                return
            if not alias:
                break
            response.answer.append(dns.rrset.from_text_list(owner, self.ttl, "IN", "CNAME", alias))
            owner = dns.name.from_text(alias[0])
        if not any(known == name for known, _ in self.records) and not response.answer:
            response.set_rcode(dns.rcode.NXDOMAIN)
        soa = f"ns.{name}. root.{name}. 1 3600 600 86400 {self.minimum}"
        response.authority.append(dns.rrset.from_text(owner, self.ttl, "IN", "SOA", soa))

    def _values(self, name: str, kind: str) -> list[str]:
        found = self.records.get((name, kind), ())
        return list(found() if callable(found) else found)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


class _Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def _bind(zone: Zone, host: str, port: int) -> tuple[list[socketserver.BaseServer], int]:
    """The same port by UDP and by TCP. Raises OSError when it is taken, or none is free."""

    class ByUdp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, channel = self.request
            question = dns.message.from_wire(data)
            answer = zone.answer(question)
            if answer is not None:
                wire = answer.to_wire(max_size=max(512, question.payload), prefer_truncation=True)
                channel.sendto(wire, self.client_address)

    class ByTcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = self.rfile.read(2)
            if len(head) < 2:
                return
            answer = zone.answer(dns.message.from_wire(self.rfile.read(struct.unpack("!H", head)[0])), tcp=True)
            if answer is not None:
                wire = answer.to_wire(max_size=65_535)
                self.wfile.write(struct.pack("!H", len(wire)) + wire)

    for left in reversed(range(_TRIES)):
        udp = _Udp((host, port), ByUdp)
        taken = int(udp.socket.getsockname()[1])
        try:
            return [udp, _Tcp((host, taken), ByTcp)], taken
        except OSError:
            udp.server_close()
            if port or not left:
                raise
    raise AssertionError("unreachable")
