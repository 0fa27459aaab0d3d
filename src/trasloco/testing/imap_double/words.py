"""A client's command, taken apart: tag, name, and its words, which are bytes or lists of words (RFC 9051 9).

Written anew and not shared with ``trasloco.imap``: a double does not judge the wire with the wire's own code.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

Word: TypeAlias = "bytes | list[Word]"

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}$")
_QUOTED = re.compile(rb'"((?:[^"\\\r\n]|\\.)*)"')
_ATOM = re.compile(rb'[^\s()"{\[]+(?:\[[^\]]*\])?(?:<[\d.]+>)?')
_MOST = 64 * 1024 * 1024


class Unreadable(Exception):
    """The bytes are no command; ``tag`` as far as it could be read."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


@dataclass(frozen=True, slots=True)
class Request:
    """One command. name: in upper case, with UID before it where that is so."""

    tag: str
    name: str
    words: list[Word]

    def text(self, index: int) -> bytes:
        """A word that has to be a string. Raises Unreadable."""
        if index >= len(self.words) or not isinstance(word := self.words[index], bytes):
            raise Unreadable(self.tag)
        return word


async def read_request(reader: asyncio.StreamReader, go_on: Callable[[], Awaitable[None]]) -> Request:
    """The next command. go_on: says that the literal may come. Raises IncompleteReadError at the end, Unreadable."""
    pieces: list[tuple[bytes, bytes | None]] = []
    while True:
        line = (await reader.readuntil(b"\r\n"))[:-2]
        found = _LITERAL.search(line)
        if found is None:
            pieces.append((line, None))
            return _request(pieces)
        if int(found[1]) > _MOST:
            raise Unreadable(_tag(pieces[0][0] if pieces else line))
        if not found[2]:
            await go_on()
        pieces.append((line[: found.start()], await reader.readexactly(int(found[1]))))


def _request(pieces: list[tuple[bytes, bytes | None]]) -> Request:
    tag = _tag(pieces[0][0])
    stack: list[list[Word]] = [[]]
    for text, literal in pieces:
        _split(text, stack, tag)
        if literal is not None:
            stack[-1].append(literal)
    words = stack[0]
    if len(stack) != 1 or len(words) < 2 or not all(isinstance(word, bytes) for word in words[:2]):
        raise Unreadable(tag)
    name, rest = bytes(words[1]).decode("latin-1").upper(), words[2:]  # type: ignore[arg-type] # looked at just now
    if name == "UID" and rest and isinstance(rest[0], bytes):
        name, rest = f"UID {rest[0].decode('latin-1').upper()}", rest[1:]
    return Request(tag, name, rest)


def _split(text: bytes, stack: list[list[Word]], tag: str) -> None:
    position = 0
    while position < len(text):
        byte = text[position : position + 1]
        if byte == b" ":
            position += 1
        elif byte == b"(":
            stack.append([])
            position += 1
        elif byte == b")" and len(stack) > 1:
            inner = stack.pop()
            stack[-1].append(inner)
            position += 1
        elif found := _QUOTED.match(text, position):
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", found[1]))
            position = found.end()
        elif found := _ATOM.match(text, position):
            stack[-1].append(found[0])
            position = found.end()
        else:
            raise Unreadable(tag)


def _tag(line: bytes) -> str:
    return line.split(b" ", 1)[0].decode("latin-1") or "*"
