"""Fields of a header, cut out as a server cuts them out for ``BODY[HEADER.FIELDS (...)]`` (RFC 9051 6.4.5)."""

from __future__ import annotations

import re

_ITEM = re.compile(r"BODY\.PEEK\[(HEADER\.FIELDS \(([^)]*)\))\]", re.IGNORECASE)
_SECTION = re.compile(rb"HEADER\.FIELDS \(([^)]*)\)")
_FIELD = re.compile(rb"[^\n]*\n(?:[ \t][^\n]*\n)*")


def fields_of(item: str) -> bytes:
    """``HEADER.FIELDS (DATE FROM)`` of such an item of FETCH, b"" of another."""
    found = _ITEM.fullmatch(item)
    return found[1].upper().encode("ascii") if found else b""


def only_fields(message: bytes, section: bytes) -> bytes:
    """The fields of that section with the empty line behind them, as they stand in the message."""
    found = _SECTION.fullmatch(section)
    wanted = {name.lower() for name in (found[1] if found else b"").split()}
    head = re.split(rb"\r?\n\r?\n", b"\n" + message, maxsplit=1)[0][1:]
    kept = [field for field in _FIELD.findall(head + b"\r\n") if field.partition(b":")[0].strip().lower() in wanted]
    return b"".join(kept) + b"\r\n"
