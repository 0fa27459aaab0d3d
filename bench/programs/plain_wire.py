"""A blocking IMAP connection without any parsing that is not needed: what the floor is made of."""

from __future__ import annotations

import re
import socket
import ssl

from bench.ends import End
from trasloco.testing.wire import quoted

_CHUNK = 256 * 1024
_OUT = 128 * 1024


class PlainWire:
    """One signed-in connection. What is sent is collected until ``flush``, a full buffer or a read."""

    def __init__(self, end: End) -> None:
        connection = socket.create_connection((end.host, end.port), timeout=300)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if end.tls:
            context = ssl.create_default_context(cafile=end.ca_file)
            connection = context.wrap_socket(connection, server_hostname="localhost")
        self._socket = connection
        self._in = b""
        self._at = 0
        self._out: list[bytes] = []
        self._out_size = 0
        self._tags = 0
        self.line()  # the greeting
        self.command(b"LOGIN " + quoted(end.user.encode()) + b" " + quoted(end.password.encode()))

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._out.append(piece)
            self._out_size += len(piece)
        if self._out_size >= _OUT:
            self.flush()

    def flush(self) -> None:
        if self._out:
            out, self._out, self._out_size = b"".join(self._out), [], 0
            self._socket.sendall(out)

    def start(self, command: bytes) -> bytes:
        """Send a command, or its beginning when it has no line end; returns its tag."""
        self._tags += 1
        tag = b"f%d" % self._tags
        self.send(tag, b" ", command)
        return tag

    def command(self, command: bytes) -> list[bytes]:
        return self.until(self.start(command + b"\r\n"))

    def until(self, tag: bytes) -> list[bytes]:
        """Lines up to the tagged OK. Raises RuntimeError."""
        self.flush()
        lines = []
        while not (line := self.line()).startswith(tag + b" "):
            lines.append(line)
        if not line.startswith(tag + b" OK"):
            raise RuntimeError(line.decode("utf-8", "replace"))
        return lines

    def line(self) -> bytes:
        while (end := self._in.find(b"\n", self._at)) < 0:
            self._more()
        line = self._in[self._at : end + 1]
        self._at = end + 1
        return line

    def hand_on(self, size: int, other: PlainWire) -> None:
        """The next ``size`` bytes go to the other connection."""
        while size:
            if self._at >= len(self._in):
                self._more()
            piece = self._in[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            other.send(piece)

    def _more(self) -> None:
        data = self._socket.recv(_CHUNK)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._in = self._in[self._at :] + data
        self._at = 0


LISTED = re.compile(rb'^\* LIST \(([^)]*)\) "." (.*)\r\n$')
STATUS = re.compile(rb"^\* STATUS (.*) \(MESSAGES (\d+)(.*)\)\r\n$")
ITEM = re.compile(rb'UID (\d+) FLAGS \(([^)]*)\) INTERNALDATE ("[^"]*") RFC822\.SIZE (\d+)')
BODY = re.compile(rb"\* \d+ FETCH \(UID (\d+) BODY\[\] \{(\d+)\}\r\n$")
