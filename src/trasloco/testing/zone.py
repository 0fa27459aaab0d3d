"""A name server on loopback that knows what it is told, over UDP.

    with Zone({("old.example", "MX"): ["10 mx.old.example."]}) as zone:
        os.environ["TRASLOCO_DNS"] = zone.address

Records are written as in a zone file; a callable is asked anew for each answer. A name without any record does not exist;
a CNAME is followed as far as it is known here; names in ``silent`` get no answer.
"""

from __future__ import annotations

import socketserver
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

_LONGEST_CHAIN = 8

Records = Sequence[str] | Callable[[], Sequence[str]]


class Zone:
    """Answers while it is entered. ``asked``: name and type of each question, in order."""

    def __init__(self, records: Mapping[tuple[str, str], Records], *, silent: Collection[str] = ()) -> None:
        self.records = {(name.casefold(), kind): values for (name, kind), values in records.items()}
        self.asked: list[tuple[str, str]] = []
        self._silent = silent
        zone = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, channel = self.request
                answer = zone.answer(dns.message.from_wire(data))
                if answer is not None:
                    channel.sendto(answer.to_wire(), self.client_address)

        self._server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def address(self) -> str:
        """``host:port``, as TRASLOCO_DNS takes it."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def answer(self, question: dns.message.Message) -> dns.message.Message | None:
        asked = question.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True).casefold(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind))
        if name in self._silent:
            return None
        response = dns.message.make_response(question)
        response.flags |= dns.flags.AA | dns.flags.RA
        if not any(known == name for known, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        for _ in range(_LONGEST_CHAIN):
            owner = dns.name.from_text(name)
            if values := self._values(name, kind):
                response.answer.append(dns.rrset.from_text_list(owner, 60, "IN", kind, values))
                break
            if not (target := self._values(name, "CNAME")):
                break
            response.answer.append(dns.rrset.from_text_list(owner, 60, "IN", "CNAME", target))
            name = target[0].removesuffix(".").casefold()
        return response

    def _values(self, name: str, kind: str) -> list[str]:
        found = self.records.get((name, kind), ())
        return list(found() if callable(found) else found)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
