"""Modified UTF-7, the encoding of mailbox names in IMAP4rev1 (RFC 3501 5.1.3).

``encode`` and ``decode`` are strict and inverse to each other. ``decode_name`` is for showing a
name to a person: it takes what servers really send and never raises. The wire bytes stay the key;
nothing here is ever used to address a mailbox a server has told us of.
"""

from __future__ import annotations

import binascii
import re

_PRINTABLE = re.compile(r"[ -%'-~]+")  # 0x20-0x7e less "&": stands for itself
_SHIFTED = re.compile(rb"&([^-]*)-?")
_BASE64 = re.compile(rb"[A-Za-z0-9+,]+")


def encode(name: str) -> bytes:
    """Encode a mailbox name. Raises ValueError for a lone surrogate, which is no character."""
    out = bytearray()
    position = 0
    while position < len(name):
        if plain := _PRINTABLE.match(name, position):
            out += plain.group().encode("ascii")
            position = plain.end()
        elif name[position] == "&":
            out += b"&-"
            position += 1
        else:
            end = position
            while end < len(name) and not " " <= name[end] <= "~":
                end += 1
            out += b"&" + _to_base64(name[position:end]) + b"-"
            position = end
    return bytes(out)


def decode(name: bytes) -> str:
    """Decode a mailbox name strictly; only what ``encode`` would have written is accepted.

    Raises ValueError for raw control or 8-bit bytes, an open or empty shift, wrong padding, half a
    surrogate pair, printable ASCII inside a shift, and two shifts where one was due.
    """
    return _decode(name, strict=True)


def decode_name(name: bytes) -> str:
    """A mailbox name as a person should see it: modified UTF-7, else UTF-8, else Latin-1.

    Needless shifts (``&AGE-``, two in a row) are read as their writer meant them. Never raises.
    """
    try:
        return _decode(name, strict=False)
    except ValueError:
        return decode_utf8(name)


def decode_utf8(name: bytes) -> str:
    """A mailbox name where UTF-8 is spoken (RFC 6855, RFC 9051 5.1): UTF-8, else Latin-1. Never raises."""
    try:
        return name.decode("utf-8")
    except ValueError:
        return name.decode("latin-1")


def _decode(name: bytes, *, strict: bool) -> str:
    if b"&" not in name and name.isascii() and name.decode("ascii").isprintable():
        return name.decode("ascii")
    out: list[str] = []
    position = 0
    after_shift = False
    while position < len(name):
        if name[position] != 0x26:
            end = name.find(b"&", position)
            end = len(name) if end < 0 else end
            out.append(_plain(name[position:end]))
            position, after_shift = end, False
            continue
        shift = _SHIFTED.match(name, position)
        if shift is None or not shift.group().endswith(b"-"):
            raise ValueError("a shift to base64 is not closed")
        position = shift.end()
        if not shift.group(1):
            out.append("&")
            after_shift = False
            continue
        text = _from_base64(shift.group(1))
        if strict and (after_shift or any(" " <= character <= "~" for character in text)):
            raise ValueError("a shift to base64 that was not needed")
        out.append(text)
        after_shift = True
    return "".join(out)


def _plain(part: bytes) -> str:
    if any(byte < 0x20 or byte > 0x7E for byte in part):
        raise ValueError("a control or 8-bit byte outside base64")
    return part.decode("ascii")


def _to_base64(text: str) -> bytes:
    return binascii.b2a_base64(text.encode("utf-16-be"), newline=False).rstrip(b"=").replace(b"/", b",")


def _from_base64(coded: bytes) -> str:
    if not _BASE64.fullmatch(coded):
        raise ValueError("a byte that is not of the modified base64 alphabet")
    padded = coded.replace(b",", b"/") + b"=" * (-len(coded) % 4)
    try:
        text = binascii.a2b_base64(padded, strict_mode=True).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(f"wrong base64 in a mailbox name: {error}") from None
    if _to_base64(text) != coded:  # bits left over that are not zero
        raise ValueError("wrong padding in a mailbox name")
    return text
