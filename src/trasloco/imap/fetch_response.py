"""FETCH responses -> ``Fetched`` (RFC 9051 7.5.2).

An inventory is one line per message, so the common line (UID, FLAGS, INTERNALDATE, RFC822.SIZE,
MODSEQ, X-GM-MSGID in any order) is read by one regular expression; flag lists repeat, so they are kept by
their bytes. Everything else goes through the tokenizer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from trasloco.imap.limits import Limits
from trasloco.imap.number_set import LARGEST
from trasloco.imap.tokens import GrammarError, Tokens
from trasloco.imap.values import Fetched

_ITEMS = (
    rb'(?:(?:UID (\d{1,18})|FLAGS \(([^()\r\n]*+)\)|INTERNALDATE "([^"\\\r\n]*+)"|RFC822\.SIZE (\d{1,12})|MODSEQ \((\d{1,18})\)'
    rb"|X-GM-MSGID (\d{1,20}))(?: |(?=\))))"
)
_COMMON = re.compile(rb"\* (\d{1,20}) FETCH \(" + _ITEMS + rb"++\)")
_ITEM_NAME = re.compile(rb"([A-Za-z0-9.\-_]+)(?:\[(.*)\])?(?:<\d+>)?", re.DOTALL)
_OLD_SECTIONS = {"RFC822": b"", "RFC822.HEADER": b"HEADER", "RFC822.TEXT": b"TEXT"}
LARGEST_MESSAGE = 2**40
"""Bytes: what is told to be larger is told wrongly."""

_LONGEST_KEPT = 300  # a longer list of flags is read anew: the server does not decide how much we remember
# Before a literal that may stream: the whole message as the next value of the outermost list.
_WHOLE_BODY = re.compile(rb"[ (](?:BODY|BINARY|RFC822)(?:\.PEEK)?(?:\[\](?:<0>)?)? ?$", re.IGNORECASE)
_LISTED = re.compile(_COMMON.pattern + rb"\r\n")
_WHOLE = re.compile(rb"\* \d{1,20} FETCH \(UID (\d{1,18}) BODY\[\] \{([1-9]\d{0,8})\}\r\n")
_BODY_START = re.compile(rb"\* (\d{1,20}) FETCH \((?:UID (\d{1,18}) )?BODY\[\] ")

ListedItems = tuple[bytes | None, ...]
"""Of one line, as they stand there: sequence number, UID, flags without parentheses, INTERNALDATE without quotes, RFC822.SIZE,
MODSEQ, X-GM-MSGID; None for what is not there."""


TakeMany = Callable[[list[ListedItems]], None]
"""Is given many of them as they come."""


def parse_common(line: bytes) -> Fetched | None:
    """The fast path: one complete line with common items only; None when it is anything else."""
    match = _COMMON.fullmatch(line)
    return None if match is None else listed_message(match.groups())


def listed_at(data: bytes, position: int) -> tuple[ListedItems, int] | None:
    """The same from a place in the stream, not looked into yet, with where it ends; None when it is not there to its end, or
    anything else."""
    match = _LISTED.match(data, position)
    return None if match is None else (match.groups(), match.end())


def whole_message_at(data: bytes, position: int) -> tuple[int, int, int] | None:
    """(UID, first byte, end of the message) of a whole message that begins at a place in the stream, has come to its end
    and is followed by nothing else of its response, in the form that nearly all servers use."""
    match = _WHOLE.match(data, position)
    if match is None:
        return None
    uid, size = match.groups()
    start = match.end()
    end = start + int(size)
    return (int(uid), start, end) if data.startswith(b")\r\n", end) else None


def listed_message(items: ListedItems) -> Fetched:
    """What a line of an inventory says."""
    sequence, uid, flags, date, size, modseq, identity = items
    assert sequence is not None, "it stands in each line"
    fetched = Fetched(
        int(sequence),
        None if uid is None else int(uid),
        None if flags is None else parse_flags(flags),
        date,
        None if size is None else int(size),
        None if modseq is None else int(modseq),
    )
    if identity is not None:
        fetched.other["X-GM-MSGID"] = int(identity)
    return fetched


def parse_flags(inside: bytes) -> frozenset[str]:
    """The flags between the parentheses; any bytes but spaces, decoded leniently."""
    return _flags(inside) if len(inside) <= _LONGEST_KEPT else _flags.__wrapped__(inside)


@lru_cache(maxsize=4096)
def _flags(inside: bytes) -> frozenset[str]:
    try:
        return frozenset(inside.decode("utf-8").split())
    except UnicodeDecodeError:
        return frozenset(inside.decode("latin-1").split())


def body_start(line: bytes, limits: Limits) -> tuple[int, int | None] | None:
    """What a line says before the literal that is a whole message: (sequence number, UID if told yet).

    ``line``: a first fragment without its literal marker. None when the literal is not the whole
    message or the line is no FETCH. Raises GrammarError when it is one that cannot be read.
    """
    match = _BODY_START.fullmatch(line)
    if match is not None:
        uid = match.group(2)
        return int(match.group(1)), None if uid is None else int(uid)
    return _rare_body_start(line, limits)


def _rare_body_start(line: bytes, limits: Limits) -> tuple[int, int | None] | None:
    head = _WHOLE_BODY.search(line, max(0, len(line) - 64))
    match = re.match(rb"\* +(\d{1,20}) +FETCH +\(", line, re.IGNORECASE)
    if head is None or match is None:
        return None
    before = line[match.end() - 1 : head.start()].rstrip(b" ")
    if not before:
        return int(match.group(1)), None
    tokens = Tokens([before + b")"], limits)
    fetched = parse_items(int(match.group(1)), tokens)
    return (fetched.sequence, fetched.uid) if tokens.at_end else None


def parse_items(sequence: int, tokens: Tokens) -> Fetched:
    """``(item value ...)`` by the grammar. Raises GrammarError."""
    fetched = Fetched(sequence)
    tokens.expect(b"(")
    while not tokens.skip(b")"):
        name = _ITEM_NAME.fullmatch(tokens.expect_atom())
        if name is None:
            raise tokens.error("expected the name of a FETCH item")
        _parse_item(fetched, name.group(1).decode("ascii").upper(), name.group(2), tokens)
    return fetched


def _parse_item(fetched: Fetched, item: str, section: bytes | None, tokens: Tokens) -> None:
    if section is not None and item in ("BODY", "BODY.PEEK", "BINARY", "BINARY.PEEK"):
        fetched.sections[section.upper()] = tokens.nstring()
    elif item in _OLD_SECTIONS:
        fetched.sections[_OLD_SECTIONS[item]] = tokens.nstring()
    elif item == "UID":
        fetched.uid = _number64(tokens)
    elif item == "FLAGS":
        fetched.flags = parse_flags(tokens.flag_list())
    elif item == "INTERNALDATE":
        fetched.internal_date = tokens.nstring()
    elif item == "RFC822.SIZE":
        # Some servers send NIL or -1 for a message they cannot open: the size is not known then.
        value = tokens.value()
        fetched.size = value if isinstance(value, int) and value < LARGEST_MESSAGE else None
    elif item == "MODSEQ":
        tokens.expect(b"(")
        fetched.modseq = _number64(tokens)
        tokens.expect(b")")
    elif item == "X-GM-LABELS" and tokens.peek() == b"(":
        fetched.other[item] = tuple(_strings(tokens))
    elif section is not None:
        fetched.other[f"{item}[{section.decode('latin-1')}]"] = tokens.value()
    else:
        fetched.other[item] = tokens.value()


def _number64(tokens: Tokens) -> int:
    number = tokens.expect_number()
    if number > LARGEST:
        raise tokens.error("a number beyond 2^63")
    return number


def _strings(tokens: Tokens) -> Iterator[bytes]:
    """A list of astrings: a label called ``NIL`` or ``007`` keeps its name."""
    tokens.expect(b"(")
    while not tokens.skip(b")"):
        yield tokens.expect_astring()


__all__ = [
    "GrammarError",
    "ListedItems",
    "TakeMany",
    "body_start",
    "listed_at",
    "listed_message",
    "parse_common",
    "parse_flags",
    "parse_items",
    "whole_message_at",
]
