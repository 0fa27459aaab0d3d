"""Modified UTF-7 (RFC 3501 5.1.3), written again on purpose.

The tests compare what ``trasloco.imap.utf7`` sent with what a server stored; an error common to
both readings would stay unseen if they were one.
"""

from __future__ import annotations

import base64
import re


def encode_mailbox(name: str) -> bytes:
    """A name as people see it -> the bytes of the wire."""

    def shift(match: re.Match[str]) -> str:
        if match[0] == "&":
            return "&-"
        packed = base64.b64encode(match[0].encode("utf-16-be")).decode("ascii")
        return "&" + packed.rstrip("=").replace("/", ",") + "-"

    return re.sub(r"&|[^\x20-\x7e]+", shift, name).encode("ascii")


def decode_mailbox(wire: bytes) -> str:
    """The bytes of the wire -> a name as people see it; what is not UTF-7 stays as it is."""

    def unshift(match: re.Match[str]) -> str:
        if not match[1]:
            return "&"
        packed = match[1].replace(",", "/")
        try:
            return base64.b64decode(packed + "=" * (-len(packed) % 4)).decode("utf-16-be")
        except ValueError:
            return match[0]

    return re.sub(r"&([^-]*)-", unshift, wire.decode("utf-8", "surrogateescape"))
