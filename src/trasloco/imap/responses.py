"""What a response can be, as values (RFC 9051 section 7). ``grammar`` makes them.

``Mailbox``, ``Fetched``, ``Namespaces``, ``Quota`` of ``values`` are used as they are where they
say all there is to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from trasloco.imap.values import Capabilities, Fetched, Mailbox, Namespaces, Quota, Status, StatusText


@dataclass(frozen=True, slots=True)
class Tagged:
    """The end of a command (7.1)."""

    tag: bytes
    status: StatusText


@dataclass(frozen=True, slots=True)
class Continuation:
    """``+`` (7.6). text: what follows it, raw: base64 while authenticating, else words."""

    text: bytes


@dataclass(frozen=True, slots=True)
class UntaggedStatus:
    """``* OK|NO|BAD|BYE|PREAUTH`` (7.1)."""

    status: StatusText


@dataclass(frozen=True, slots=True)
class CapabilityList:
    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class Listed:
    """LIST, LSUB or XLIST (7.3.1). verb: which, upper case; oldname: the name asked for when the
    server normalised or renamed it (OLDNAME); children: CHILDINFO selections, upper case."""

    verb: str
    mailbox: Mailbox
    oldname: bytes | None = None
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MailboxStatus:
    name: bytes
    status: Status


@dataclass(frozen=True, slots=True)
class SearchHits:
    """SEARCH (7.3.4 of RFC 3501): numbers as ranges, in the order sent; modseq by RFC 7162.

    tag, uid and the counters only by ESEARCH (RFC 4731); None when not sent.
    """

    hits: tuple[tuple[int, int], ...]
    tag: bytes = b""
    uid: bool = False
    extended: bool = False
    counted: int | None = None
    lowest: int | None = None
    highest: int | None = None
    modseq: int | None = None


@dataclass(frozen=True, slots=True)
class ServerId:
    """ID (RFC 2971), keys lower case; empty for NIL."""

    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Enabled:
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class FlagList:
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Exists:
    count: int


@dataclass(frozen=True, slots=True)
class Recent:
    count: int


@dataclass(frozen=True, slots=True)
class Expunged:
    sequence: int


@dataclass(frozen=True, slots=True)
class Vanished:
    """VANISHED (RFC 7162 3.2.10): UIDs as ranges."""

    uids: tuple[tuple[int, int], ...]
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class QuotaUsage:
    root: str
    quotas: tuple[Quota, ...]


@dataclass(frozen=True, slots=True)
class QuotaRoots:
    name: bytes
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """An untagged response of a kind we have no use for. verb: upper case; raw: the whole first line."""

    verb: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Unparsable:
    """A response whose kind is known but whose rest cannot be read. tag: of a tagged one, else b""."""

    verb: str
    words: str
    tag: bytes = b""


Response: TypeAlias = (
    Tagged
    | Continuation
    | UntaggedStatus
    | CapabilityList
    | Listed
    | MailboxStatus
    | SearchHits
    | Namespaces
    | ServerId
    | Enabled
    | FlagList
    | Exists
    | Recent
    | Expunged
    | Vanished
    | Fetched
    | QuotaUsage
    | QuotaRoots
    | Unknown
    | Unparsable
)

# What each response we could not read would have been: whose answer is then incomplete.
VERBS: dict[str, type] = {
    "FETCH": Fetched,
    "LIST": Listed,
    "LSUB": Listed,
    "XLIST": Listed,
    "STATUS": MailboxStatus,
    "SEARCH": SearchHits,
    "ESEARCH": SearchHits,
    "VANISHED": Vanished,
    "NAMESPACE": Namespaces,
    "ID": ServerId,
    "QUOTA": QuotaUsage,
    "FLAGS": FlagList,
}
