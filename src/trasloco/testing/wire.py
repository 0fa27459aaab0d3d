"""A blocking IMAP connection of a few lines, independent of ``trasloco.imap``.

It exists to fill mailboxes quickly and to read them back as they are. It trusts the server (no
limits, no deadlines but one socket timeout) and is of no use against a stranger's.
"""

from __future__ import annotations

import base64
import re
import socket
import ssl
from dataclasses import dataclass
from typing import Self

_LITERAL = re.compile(rb"\{(\d+)\+?\}\r\n$")


class WireRefused(Exception):
    """The server answered NO or BAD; the text is its words."""


@dataclass(frozen=True, slots=True)
class Response:
    """One response: its text with each literal cut out, and the literals in order.

    ``text`` keeps the ``{n}`` marks; CRLF is removed.
    """

    text: bytes
    literals: tuple[bytes, ...] = ()


class Wire:
    """One logged-in connection.

    capabilities: upper case, asked again after the login.
    """

    def __init__(self, host: str, port: int, *, tls: ssl.SSLContext | None = None, timeout: float = 120.0) -> None:
        connection = socket.create_connection((host, port), timeout=timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = tls.wrap_socket(connection, server_hostname=host) if tls is not None else connection
        self._input = self._socket.makefile("rb", buffering=1 << 18)
        self._tags = 0
        self.capabilities: frozenset[str] = frozenset()
        self.greeting = self.read().text

    def login(self, user: str, password: str, *, acting_as: str = "") -> Self:
        """AUTHENTICATE PLAIN (RFC 4616); ``acting_as`` is the authorization identity. Raises WireRefused."""
        secret = base64.b64encode(f"{acting_as}\0{user}\0{password}".encode())
        self.send(self.tag() + b" AUTHENTICATE PLAIN\r\n")
        if self.read().text.startswith(b"+"):
            self.send(secret + b"\r\n")
            self._settle(self._last_tag())
        else:
            raise WireRefused("the server does not take AUTHENTICATE PLAIN")
        answer = next(each.text for each in self.command(b"CAPABILITY") if each.text.upper().startswith(b"* CAPABILITY"))
        self.capabilities = frozenset(answer.decode("ascii").upper().split()[2:])
        return self

    def command(self, line: bytes) -> list[Response]:
        """Send one command without literals; returns the untagged responses. Raises WireRefused."""
        tag = self.tag()
        self.send(tag + b" " + line + b"\r\n")
        return self._settle(tag)

    def tag(self) -> bytes:
        """The next tag."""
        self._tags += 1
        return self._last_tag()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def read(self) -> Response:
        """The next response, tagged or not. Raises ConnectionError when there is none."""
        text = b""
        literals: list[bytes] = []
        while True:
            line = self._input.readline()
            if not line.endswith(b"\n"):
                raise ConnectionError(f"the server closed the connection after {text + line!r:.200}")
            literal = _LITERAL.search(line)
            if literal is None:
                return Response(text + line.rstrip(b"\r\n"), tuple(literals))
            text += line[:-2]
            literals.append(self._input.read(int(literal[1])))

    def until(self, tag: bytes) -> tuple[bytes, list[Response]]:
        """All responses up to the tagged one: its text after the tag, and the untagged ones."""
        untagged: list[Response] = []
        while True:
            response = self.read()
            if response.text.startswith(tag + b" "):
                return response.text[len(tag) + 1 :], untagged
            untagged.append(response)

    def close(self) -> None:
        """Say LOGOUT without waiting for the answer."""
        try:
            self.send(self.tag() + b" LOGOUT\r\n")
        except OSError:
            pass  # it is gone already: what we wanted
        finally:
            self._input.close()
            self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _last_tag(self) -> bytes:
        return b"t%d" % self._tags

    def _settle(self, tag: bytes) -> list[Response]:
        answer, untagged = self.until(tag)
        if not answer.upper().startswith(b"OK"):
            raise WireRefused(answer.decode("utf-8", "replace"))
        return untagged


def quoted(text: bytes) -> bytes:
    """A quoted string (RFC 9051 4.3); the text has no line ends and no NUL."""
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
