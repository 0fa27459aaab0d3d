"""What a server tells us, as values (RFC 9051 section 7). No I/O, no parsing here.

Mailbox names stay the exact bytes of the wire: the key for SELECT, decoded for display only
(``utf7.decode_name``). Flags are ``str`` as sent; compare them with ``fold_flag``.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field


class Kind(enum.StrEnum):
    """The five status responses (RFC 9051 7.1)."""

    OK = "OK"
    NO = "NO"
    BAD = "BAD"
    BYE = "BYE"
    PREAUTH = "PREAUTH"
    ERR = "-ERR"  # POP3's only no


@dataclass(frozen=True, slots=True)
class StatusText:
    """One status response: kind, response code and the server's own words.

    code: upper-case name of the response code ("TRYCREATE", "APPENDUID") or "" if there is none.
    arguments: what follows the name inside the brackets, as raw bytes.
    words: the human text, decoded leniently, at most a few hundred characters.
    """

    kind: Kind
    code: str = ""
    arguments: bytes = b""
    words: str = ""

    def __str__(self) -> str:
        code = f"[{self.code}] " if self.code else ""
        return f"{self.kind} {code}{self.words}"


class Capabilities:
    """The set of capability atoms of one session state; case-insensitive (RFC 9051 7.2.2)."""

    __slots__ = ("_names",)

    def __init__(self, names: Iterator[str] | frozenset[str] | tuple[str, ...] | list[str] = ()) -> None:
        self._names = frozenset(name.upper() for name in names)

    def __contains__(self, name: str) -> bool:
        return name.upper() in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __bool__(self) -> bool:
        return bool(self._names)

    def __eq__(self, other: object) -> bool:
        return self._names == other._names if isinstance(other, Capabilities) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._names)

    def __repr__(self) -> str:
        return f"Capabilities({' '.join(self)})"

    def without(self, *names: str) -> Capabilities:
        """The same set less these names: how a quirk takes a lying capability away."""
        return Capabilities(self._names - {name.upper() for name in names})

    def value(self, prefix: str) -> str | None:
        """What follows ``prefix=`` ("APPENDLIMIT" -> "35651584"), None when it is not there."""
        start = prefix.upper() + "="
        return next((name[len(start) :] for name in self._names if name.startswith(start)), None)


@dataclass(frozen=True, slots=True)
class Status:
    """The items of a STATUS response (RFC 9051 7.3.4, RFC 7162, RFC 8438); None = not told."""

    messages: int | None = None
    uidnext: int | None = None
    uidvalidity: int | None = None
    highest_modseq: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One line of LIST, with what RETURN (SUBSCRIBED STATUS) or LSUB/STATUS added to it.

    name: wire bytes, unquoted. delimiter: one character, None for NIL.
    attributes: lower-case, with the backslash ("\\\\noselect", "\\\\sent").
    """

    name: bytes
    delimiter: str | None
    attributes: frozenset[str] = frozenset()
    subscribed: bool = False
    status: Status | None = None

    @property
    def selectable(self) -> bool:
        return not self.attributes & {"\\noselect", "\\nonexistent"}


@dataclass(frozen=True, slots=True)
class Namespace:
    """A prefix (wire bytes) and its delimiter (RFC 2342)."""

    prefix: bytes
    delimiter: str | None


@dataclass(frozen=True, slots=True)
class Namespaces:
    """The three lists of a NAMESPACE response."""

    personal: tuple[Namespace, ...] = ()
    other_users: tuple[Namespace, ...] = ()
    shared: tuple[Namespace, ...] = ()


@dataclass(frozen=True, slots=True)
class Selected:
    """What SELECT or EXAMINE told (RFC 9051 6.3.2).

    permanent_flags: None when the server sent none (then all of ``flags`` is permanent, RFC 3501).
    uids_sticky: False when the server said UIDNOTSTICKY: its UIDs do not outlive the session (RFC 4315).
    mailbox_id: MAILBOXID (RFC 8474 4), which a renaming leaves as it is; "" where the server has none.
    """

    name: bytes
    exists: int
    uidvalidity: int | None
    uidnext: int | None
    flags: frozenset[str] = frozenset()
    permanent_flags: frozenset[str] | None = None
    highest_modseq: int | None = None
    read_only: bool = False
    uids_sticky: bool = True
    mailbox_id: str = ""


@dataclass(frozen=True, slots=True)
class SyncPoint:
    """What a client remembers of a mailbox, for QRESYNC (RFC 7162 3.2.5): all three as last told by the server.

    uids: a set as written (``1:20,31``) of those it knows, b"" to leave that to the server.
    """

    uidvalidity: int
    modseq: int
    uids: bytes = b""


@dataclass(frozen=True, slots=True)
class Resync:
    """What has changed since a ``SyncPoint``. vanished: UIDs that are gone, as ranges; changed: messages that
    are new or whose flags are others, with UID, flags and mod-sequence, in the order told."""

    vanished: tuple[tuple[int, int], ...] = ()
    changed: tuple[Fetched, ...] = ()


@dataclass(slots=True)
class Fetched:
    """One FETCH response's data items; what was not sent is None.

    internal_date: the raw text between the quotes (``dates.parse`` reads it).
    sections: body sections by their name in upper case, e.g. ``b"HEADER.FIELDS (DATE)"``;
    a NIL section is present with value None.
    other: every other item by its upper-case name (ENVELOPE, BODYSTRUCTURE, X-GM-LABELS), as nested
    tuples of bytes, int and None.
    """

    sequence: int
    uid: int | None = None
    flags: frozenset[str] | None = None
    internal_date: bytes | None = None
    size: int | None = None
    modseq: int | None = None
    sections: dict[bytes, bytes | None] = field(default_factory=dict)
    other: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Appended:
    """The outcome of one APPEND: the new UIDs in the order sent, None without APPENDUID."""

    uidvalidity: int | None
    uids: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Quota:
    """One resource of a quota root (RFC 9208): usage and limit in units of 1024 bytes for STORAGE."""

    root: str
    resource: str
    usage: int
    limit: int


def fold_flag(flag: str) -> str:
    """Flags are case-insensitive (RFC 9051 2.3.2): the form to compare by."""
    return flag.casefold()
