"""The tokenizer of responses: fragments -> atoms, strings, lists (RFC 9051 section 4, 9).

A cursor over one response: ``parts`` are its text fragments and, between them, its literals, as
``[text, literal, text, ...]``. Grammar names as in the RFC: ``atom()`` tries and gives None,
``expect_...`` raises ``GrammarError``. Liberal where servers are sloppy (runs of spaces, ``]`` and
8-bit in atoms, unknown escapes kept), strict where meaning would be guessed (an open quote or
parenthesis). Depth is limited here; size was limited before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

from trasloco.imap.limits import Limits

Value: TypeAlias = "bytes | int | tuple[Value, ...] | None"

_SPACE = re.compile(rb"[ \t\r\n]*+")
# A bracket keeps its inside together: BODY[HEADER.FIELDS (DATE FROM)]<0> is one atom.
_ATOM = re.compile(rb'(?:[^ \t\r\n()"\[]|\[[^\]]*+\])++')
_QUOTED = re.compile(rb'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_ESCAPED = re.compile(rb'\\(["\\])')
_NUMBER = re.compile(rb"0|[1-9][0-9]{0,19}")
_FLAG_LIST = re.compile(rb"\(([^()]*+)\)")
LITERAL = b"\n"  # what ``peek`` says where a literal stands; no text has it after white space
_OPEN, _CLOSE, _QUOTE, _BRACKET = b"(", b")", b'"', b"["


class GrammarError(Exception):
    """A response (not the stream) cannot be read; the words say what was expected."""


class Tokens:
    """A cursor over one response."""

    __slots__ = ("_depth", "_limits", "_part", "_parts", "position", "text")

    def __init__(self, parts: Sequence[bytes], limits: Limits) -> None:
        self._parts = list(parts)
        self._part = 0
        self._limits = limits
        self._depth = 0
        self.text = self._parts[0]
        self.position = 0

    def spaces(self) -> None:
        """Skip any white space; servers put more or less of it than the grammar has."""
        match = _SPACE.match(self.text, self.position)
        if match is not None:
            self.position = match.end()

    def peek(self) -> bytes:
        """The next byte after white space; b"" at the end, ``LITERAL`` where one stands."""
        self.spaces()
        if self.position < len(self.text):
            return self.text[self.position : self.position + 1]
        return LITERAL if self._part + 1 < len(self._parts) else b""

    @property
    def at_end(self) -> bool:
        return self.peek() == b""

    def rest(self) -> bytes:
        """All that is left of the current text fragment, as it stands."""
        return self.text[self.position :]

    def skip(self, byte: bytes) -> bool:
        """Step over this byte if it comes next."""
        if self.peek() == byte:
            self.position += 1
            return True
        return False

    def expect(self, byte: bytes) -> None:
        if not self.skip(byte):
            raise self.error(f"expected {byte.decode()}")

    def error(self, words: str) -> GrammarError:
        seen = self.text[self.position : self.position + 30]
        return GrammarError(f"{words} before {seen!r}" if seen else f"{words} at the end")

    def atom(self) -> bytes | None:
        """One atom, with any bracketed part it has; None when something else comes."""
        self.spaces()
        while True:
            match = _ATOM.match(self.text, self.position)
            end = match.end() if match else self.position
            if self.text[end : end + 1] != _BRACKET:
                break
            if self._part + 2 >= len(self._parts):
                raise self.error("a bracket is not closed")
            self._join_literal()  # BODY[HEADER.FIELDS ({4}...)]: a literal inside the brackets
        if match is None:
            return None
        self.position = end
        return match.group()

    def expect_atom(self) -> bytes:
        atom = self.atom()
        if atom is None:
            raise self.error("expected an atom")
        return atom

    def expect_number(self) -> int:
        """An unsigned number of up to 64 bits (number64 and a little), quoted or not."""
        token = self.string() if self.peek() == _QUOTE else self.expect_atom()
        if token is None or not (token.isdigit() and len(token) <= 20) or (number := int(token)) >= 2**64:
            raise self.error("expected a number")
        return number

    def string(self) -> bytes | None:
        """A quoted string or a literal; None when neither comes."""
        first = self.peek()
        if first == LITERAL:
            return self._literal()
        if first != _QUOTE:
            return None
        match = _QUOTED.match(self.text, self.position)
        if match is None:
            raise self.error("a quote is not closed")
        self.position = match.end()
        content = match.group(1)
        return _ESCAPED.sub(rb"\1", content) if b"\\" in content else content

    def expect_astring(self) -> bytes:
        """atom / string, as bytes: a mailbox called ``NIL`` or ``17`` keeps its name."""
        content = self.string()
        if content is None:
            content = self.atom()
        if content is None:
            raise self.error("expected a string")
        return content

    def nstring(self) -> bytes | None:
        """string / NIL; a lone atom is taken as its text."""
        content = self.string()
        if content is not None:
            return content
        atom = self.expect_atom()
        return None if atom.upper() == b"NIL" else atom

    def value(self) -> Value:
        """Any value: list -> tuple, NIL -> None, number -> int, everything else -> bytes."""
        first = self.peek()
        if first == _OPEN:
            return self._list()
        content = self.string()
        if content is not None:
            return content
        atom = self.expect_atom()
        if _NUMBER.fullmatch(atom):
            return int(atom)
        return None if atom.upper() == b"NIL" else atom

    def flag_list(self) -> bytes:
        """The inside of a parenthesised flag list, raw: flags may hold any byte but these."""
        self.spaces()
        match = _FLAG_LIST.match(self.text, self.position)
        if match is None:
            raise self.error("expected a list of flags")
        self.position = match.end()
        return match.group(1)

    def _list(self) -> tuple[Value, ...]:
        self._depth += 1
        if self._depth > self._limits.depth:
            raise self.error(f"parentheses nested deeper than {self._limits.depth}")
        self.expect(_OPEN)
        items: list[Value] = []
        while not self.skip(_CLOSE):
            if self.at_end:
                raise self.error("a parenthesis is not closed")
            items.append(self.value())
        self._depth -= 1
        return tuple(items)

    def _literal(self) -> bytes:
        content = self._parts[self._part + 1]
        self._part += 2
        self.text = self._parts[self._part]
        self.position = 0
        return content

    def _join_literal(self) -> None:
        """Rewrite the literal ahead as a quoted string, so that a bracketed part is in one piece."""
        literal = self._parts[self._part + 1].replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"]", b"")
        self.text = self.text + _QUOTE + literal + _QUOTE + self._parts[self._part + 2]
        self._parts[self._part : self._part + 3] = [self.text]
