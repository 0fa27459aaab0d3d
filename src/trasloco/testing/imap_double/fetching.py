"""Answers to FETCH: what a flavour says of a message, and the message as it hands it out this time.

A server that renders makes boundaries anew at each fetch, as Exchange does: two fetches of one message then differ,
in bytes and not in what they say.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from trasloco.testing.imap_double.flavour import Flavour
from trasloco.testing.imap_double.store import Message
from trasloco.testing.imap_double.words import Word

_FIELDS = re.compile(rb"BODY(?:\.PEEK)?\[HEADER\.FIELDS \(([^)]*)\)\]", re.I)
_BOUNDARY = re.compile(rb'boundary="?([^";\s]+)"?', re.I)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def answer(number: int, message: Message, items: Sequence[bytes], flavour: Flavour) -> bytes:
    """``<number> FETCH (...)``. A body that is asked for is counted as served."""
    return b"%d FETCH (" % number + b" ".join(_item(item, message, flavour) for item in items) + b")"


def items_of(word: Word) -> list[bytes]:
    """The items of the command, in upper case but for what stands in brackets."""
    words = word if isinstance(word, list) else [word]
    found = [bytes(each) for each in words if isinstance(each, bytes)]
    macros = {b"FAST": [b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE"]}
    return macros.get(found[0].upper(), found) if found else []


def whole(item: bytes) -> bool:
    """Whether this item is the message itself."""
    return item.upper() in (b"BODY.PEEK[]", b"BODY[]", b"RFC822")


def set_of(text: bytes, numbers: Sequence[int]) -> Iterator[int]:
    """Members of a set such as ``1:3,7:*`` among ``numbers``, which ascend."""
    last = numbers[-1] if numbers else 0
    wanted: set[int] = set()
    for part in text.split(b","):
        ends = [last if end == b"*" else int(end) for end in part.split(b":")]
        low, high = min(ends), max(ends)
        wanted.update(number for number in numbers if low <= number <= high)
    yield from sorted(wanted)


def rendered(content: bytes, times: int) -> bytes:
    """The message as a server hands it out that puts it together anew: other boundaries each time."""
    head, blank, body = content.partition(b"\r\n\r\n")
    boundary = _BOUNDARY.search(head)
    if boundary is None:
        return content
    anew = b"_%03d_" % (times % 1000) + boundary[1][5:] if len(boundary[1]) > 8 else boundary[1] + b"%d" % times
    return (head + blank + body).replace(boundary[1], anew)


def _item(item: bytes, message: Message, flavour: Flavour) -> bytes:
    name = item.upper()
    if name == b"UID":
        return b"UID %d" % message.uid
    if name == b"FLAGS":
        return b"FLAGS (" + " ".join(sorted(message.flags)).encode() + b")"
    if name == b"INTERNALDATE":
        return b'INTERNALDATE "' + _date(message.date).encode() + b'"'
    if name == b"RFC822.SIZE":
        return b"RFC822.SIZE %d" % flavour.size(len(message.content))
    if whole(item):
        content = rendered(message.content, len(message.served)) if flavour.renders else message.content
        message.served.append(hashlib.sha256(content).hexdigest())
        return b"%s {%d}\r\n%s" % (b"RFC822" if name == b"RFC822" else b"BODY[]", len(content), content)
    if fields := _FIELDS.fullmatch(item):
        text = _only(message.content, {each.strip().lower() for each in fields[1].split()})
        return b"BODY[HEADER.FIELDS (%s)] {%d}\r\n%s" % (fields[1].upper(), len(text), text)
    raise ValueError(f"the double knows no FETCH item {item!r}")


def _only(content: bytes, wanted: set[bytes]) -> bytes:
    head = content.partition(b"\r\n\r\n")[0]
    fields = re.split(rb"\r\n(?![ \t])", head)
    kept = [field for field in fields if field.split(b":", 1)[0].strip().lower() in wanted]
    return b"".join(field + b"\r\n" for field in kept) + b"\r\n"


def _date(when: datetime) -> str:
    return f"{when.day:2d}-{_MONTHS[when.month - 1]}-{when.year:04d} {when:%H:%M:%S %z}"
