"""The CSV of accounts, written: rows back into a file, and the two files to begin with.

What ``write_rows`` writes, ``table.read`` reads back as the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable

from trasloco.plan.endpoints import written_source
from trasloco.plan.line import is_header
from trasloco.plan.table import Row

_HEADER = "destination;server;login;password;master"
_ALWAYS_QUOTED = frozenset('"“”„‟«»‘’‚‹›＂ \t\u00a0\ufeff')

_TEMPLATES = {
    "standard": (
        "destination;server;login;password",
        "anna@example.net;192.0.2.10;anna@example.net;her-password",
        'bruno@example.net;192.0.2.10:143;bruno;"a;password;with;semicolons"',
        'carla@example.net;[2001:db8::10]:993;carla@old.example.net;"a ""quoted"" password"',
    ),
    "master": (
        "destination;server;login;master's password;master",
        "anna@example.net;192.0.2.10;anna@example.net;the-masters-password;master",
        "bruno@example.net;192.0.2.10;bruno@example.net;the-masters-password;master",
    ),
}


def write_rows(rows: Iterable[Row]) -> str:
    """The rows as CSV text with CRLF line ends, quoted where it is needed; to be encoded as UTF-8.

    The passwords stand in it in clear: it is meant for the one who gave them. Raises ValueError for a
    field with a line break or a NUL, which no file can have given."""
    lines = [_line(row) for row in rows]
    if lines and is_header(lines[0]):
        lines.insert(0, _HEADER)  # a first line made of header words would be skipped
    return "".join(f"{line}\r\n" for line in lines)


def template(kind: str) -> str:
    """An example file: "standard" (a password for each mailbox) or "master" (one master user). Raises KeyError."""
    return "".join(f"{line}\r\n" for line in _TEMPLATES[kind])


def _line(row: Row) -> str:
    fields = [
        row.destination,
        written_source(row.host, row.port, row.speech),
        row.login,
        row.password.reveal(),
        *([row.master] if row.master else []),
    ]
    return ";".join(_field(text) for text in fields)


def _field(text: str) -> str:
    if any(char in text for char in "\r\n\0"):
        raise ValueError("a field of a CSV cannot hold a line break or a NUL")
    if ";" in text or '"' in text or not text or text[0] in _ALWAYS_QUOTED or text[-1] in _ALWAYS_QUOTED:
        return '"' + text.replace('"', '""') + '"'
    return text
