"""LIST, LSUB, XLIST and STATUS responses (RFC 9051 7.3.1, 7.3.4; RFC 5258, 5819, 6154, 8438)."""

from __future__ import annotations

import re

from trasloco.imap.limits import Limits
from trasloco.imap.number_set import LARGEST
from trasloco.imap.responses import Listed, MailboxStatus, Response
from trasloco.imap.tokens import LITERAL, Tokens
from trasloco.imap.values import Mailbox, Status

# What the Gmail of before SPECIAL-USE called the same roles in XLIST.
_XLIST_ROLES = {"\\allmail": "\\all", "\\spam": "\\junk", "\\starred": "\\flagged"}
_PLAIN_NAME = re.compile(rb'[^"\\{(]')
# Item -> (field of Status, the largest number that can be true): a larger one is not kept.
_STATUS_FIELDS = {
    b"MESSAGES": ("messages", 2**32 - 1),
    b"UIDNEXT": ("uidnext", LARGEST),
    b"UIDVALIDITY": ("uidvalidity", LARGEST),
    b"HIGHESTMODSEQ": ("highest_modseq", LARGEST),
    b"SIZE": ("size", 2**45),
}


def parse_list(verb: str, tokens: Tokens, limits: Limits) -> Response:
    """``(attributes) delimiter name [extended data]``. Raises GrammarError."""
    attributes = _attributes(tokens, verb)
    delimiter = tokens.nstring()
    name = _name(tokens)
    oldname, children = _extended(tokens)
    mailbox = Mailbox(
        name,
        delimiter.decode("latin-1") if delimiter else None,
        frozenset(attributes - {"\\subscribed"}),
        subscribed=verb == "LSUB" or "\\subscribed" in attributes,
    )
    return Listed(verb, mailbox, oldname, children)


def _attributes(tokens: Tokens, verb: str) -> set[str]:
    found = {word.lower() for word in tokens.flag_list().decode("latin-1").split()}
    return {_XLIST_ROLES.get(word, word) for word in found} if verb == "XLIST" else found


def _name(tokens: Tokens) -> bytes:
    """The name as wire bytes: quoted, literal, or an atom that sloppy servers let hold spaces,
    8-bit bytes, brackets or parentheses. ``"Entw`` with no closing quote is not guessed at."""
    name = tokens.string()
    if name is not None:
        return name
    if _PLAIN_NAME.match(tokens.peek()) is None:
        raise tokens.error("expected the name of a mailbox")
    rest = tokens.rest()
    end = rest.find(b' ("')  # extended data of RFC 5258 always begins so
    if end < 0:
        tokens.position = len(tokens.text)
        return rest.rstrip(b" ")
    tokens.position += end
    return rest[:end].rstrip(b" ")


def _extended(tokens: Tokens) -> tuple[bytes | None, tuple[str, ...]]:
    """``("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("name"))`` (RFC 5258 section 6)."""
    oldname: bytes | None = None
    children: tuple[str, ...] = ()
    if not tokens.skip(b"("):
        return oldname, children
    while not tokens.skip(b")"):
        key = tokens.expect_astring().upper()
        value = tokens.value()
        texts = tuple(item for item in value if isinstance(item, bytes)) if isinstance(value, tuple) else ()
        if key == b"OLDNAME" and texts:
            oldname = texts[0]
        elif key == b"CHILDINFO":
            children = tuple(text.decode("latin-1").upper() for text in texts)
    return oldname, children


def parse_status(_: str, tokens: Tokens, limits: Limits) -> Response:
    """``name (MESSAGES 231 UIDNEXT 44292)``; items we do not keep are stepped over."""
    if tokens.peek() in (b'"', LITERAL):
        name = tokens.expect_astring()
    else:  # an unquoted name with spaces in it: the items are the last parenthesis of the line
        rest = tokens.rest()
        start = rest.rfind(b"(")
        name = rest[: max(start, 0)].rstrip(b" ")
        if not name:
            raise tokens.error("expected the name of a mailbox")
        tokens.position += start
    tokens.expect(b"(")
    found: dict[str, int] = {}
    while not tokens.skip(b")"):
        key, largest = _STATUS_FIELDS.get(tokens.expect_atom().upper(), ("", 0))
        value = tokens.value()
        if key and isinstance(value, int) and value <= largest:
            found[key] = value
    return MailboxStatus(name, Status(**found))
