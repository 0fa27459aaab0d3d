"""Commands -> bytes and literals (RFC 9051 section 6).

A ``Command`` is a sequence of bytes and ``Literal``; whether a literal goes at once or waits for
the server's ``+`` is the protocol's to decide, by capability. The tag and the final CRLF are the
protocol's too. ``words`` names the command for people and logs and never holds a secret; the
pieces never show in a repr.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from trasloco.imap import utf7
from trasloco.imap.dates import InternalDate
from trasloco.imap.status_text import readable
from trasloco.imap.values import SyncPoint

_ATOM = re.compile(rb"[A-Za-z0-9._/:=@+#$!,;~-]+")
_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]{0,1000}")
# What would end a flag early or begin something else; the rest is the server's to refuse.
_BREAKS_FLAG = re.compile(r"[\x00-\x20\x7f(){\"]")


class Literal:
    """Bytes sent as they are after their count. binary: as literal8 (RFC 3516), may hold NUL."""

    __slots__ = ("binary", "data")

    def __init__(self, data: bytes, *, binary: bool = False) -> None:
        self.data = data
        self.binary = binary

    def __repr__(self) -> str:
        return f"Literal({len(self.data)} bytes)"


class Command:
    """A command being written; each method appends and returns the command."""

    __slots__ = ("pieces", "words")

    def __init__(self, start: bytes, words: str = "") -> None:
        self.pieces: list[bytes | Literal] = [start]
        self.words = words or start.decode("latin-1")

    def raw(self, text: bytes) -> Command:
        """Text that is grammar already, with a space before it."""
        self.pieces.append(b" " + text)
        return self

    def string(self, text: bytes) -> Command:
        """``astring``: an atom where that is safe, else quoted, else a literal (8-bit, CR, LF, NUL, long)."""
        if _ATOM.fullmatch(text) and text.upper() != b"NIL":
            return self.raw(text)
        quoted = quote(text)
        if quoted is not None:
            return self.raw(quoted)
        self.pieces.append(b" ")
        self.pieces.append(Literal(text))
        return self

    def mailbox(self, name: bytes) -> Command:
        """A mailbox name by its wire bytes, and its display form in the words."""
        self.words = f"{self.words} {readable(utf7.decode_name(name).encode('utf-8', 'replace'))}"
        return self.string(name)

    def __repr__(self) -> str:
        return f"Command({self.words})"


def quote(text: bytes) -> bytes | None:
    """``text`` as a quoted string, None when only a literal can hold it."""
    if not _QUOTABLE.fullmatch(text):
        return None
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def flag_list(flags: Iterable[str]) -> bytes:
    """``(\\Seen $Forwarded)``. Raises ValueError for a flag that would break the command's syntax."""
    kept = list(flags)
    for flag in kept:
        if not flag or _BREAKS_FLAG.search(flag):
            raise ValueError(f"{flag!r} cannot be written as a flag")
    return b"(" + " ".join(kept).encode("utf-8") + b")"


@lru_cache(maxsize=1024)
def _flags_of_a_message(flags: tuple[str, ...]) -> bytes:
    """``flag_list``, kept: a mailbox has few different sets of flags and many messages."""
    return flag_list(flags)


def login(name: bytes, password: bytes) -> Command:
    """LOGIN (6.2.3); literals hold what quotes cannot."""
    return Command(b"LOGIN", "LOGIN").string(name).string(password)


def authenticate(mechanism: str, initial: bytes | None) -> Command:
    """AUTHENTICATE (6.2.2). initial: base64 for SASL-IR (``=`` for an empty one), None to wait for ``+``."""
    command = Command(b"AUTHENTICATE " + mechanism.encode("ascii"))
    return command if initial is None else command.raw(initial)


def act_as(verb: bytes, mailbox: bytes) -> Command:
    """PROXYAUTH or X-SETUSER: from here on the session is that user's."""
    return Command(verb).string(mailbox)


def identify(facts: Iterable[tuple[str, str]]) -> Command:
    """ID (RFC 2971); only ASCII that can be quoted is sent."""
    texts = [quote(text.encode("ascii", "replace")[:1000]) or b'""' for pair in facts for text in pair]
    return Command(b"ID").raw(b"(" + b" ".join(texts) + b")" if texts else b"NIL")


def select(name: bytes, *, read_only: bool, condstore: bool, known: SyncPoint | None = None) -> Command:
    """SELECT or EXAMINE (6.3.2, 6.3.3); parameters by RFC 7162 3.1.8 (CONDSTORE) and 3.2.5 (QRESYNC, ``known``)."""
    command = Command(b"EXAMINE" if read_only else b"SELECT").mailbox(name)
    if known is not None:
        uids = b" " + known.uids if known.uids else b""
        return command.raw(b"(QRESYNC (%d %d%s))" % (known.uidvalidity, known.modseq, uids))
    return command.raw(b"(CONDSTORE)") if condstore else command


def list_mailboxes(verb: str, reference: bytes, pattern: bytes, returns: Sequence[bytes] = ()) -> Command:
    """LIST, LSUB or XLIST; ``returns`` are return options of LIST-EXTENDED (6.3.9)."""
    command = Command(verb.encode("ascii"))
    for text in (reference, pattern):
        if _ATOM.fullmatch(text):
            command.raw(text)
        elif (quoted := quote(text)) is not None:
            command.raw(quoted)
        else:
            command.string(text)
    return command.raw(b"RETURN (" + b" ".join(returns) + b")") if returns else command


def status(name: bytes, items: Sequence[bytes]) -> Command:
    """STATUS (6.3.11)."""
    return Command(b"STATUS").mailbox(name).raw(b"(" + b" ".join(items) + b")")


def create(name: bytes, special_use: str) -> Command:
    """CREATE (6.3.4), with the special use where it may be given (RFC 6154 section 3)."""
    command = Command(b"CREATE").mailbox(name)
    return command.raw(b"(USE " + flag_list([special_use]) + b")") if special_use else command


def rename(old: bytes, new: bytes) -> Command:
    """RENAME (6.3.6)."""
    command = Command(b"RENAME").mailbox(old)
    command.words += " to"
    return command.mailbox(new)


def uid_fetch(uids: bytes, items: Sequence[str], changed_since: int | None = None) -> Command:
    """UID FETCH (6.4.9), CHANGEDSINCE by RFC 7162 3.1.4.1. ``uids``: a set as written."""
    command = Command(b"UID FETCH").raw(uids).raw(b"(" + " ".join(items).encode("ascii") + b")")
    return command if changed_since is None else command.raw(b"(CHANGEDSINCE %d)" % changed_since)


def uid_store(uids: bytes, action: str, flags: Iterable[str]) -> Command:
    """UID STORE .SILENT (6.4.6). action: ``+FLAGS``, ``-FLAGS`` or ``FLAGS``."""
    if action not in ("+FLAGS", "-FLAGS", "FLAGS"):
        raise ValueError(f"{action!r} is no STORE action")
    return Command(b"UID STORE").raw(uids).raw(action.encode("ascii") + b".SILENT").raw(flag_list(flags))


def uid_transfer(verb: str, uids: bytes, name: bytes) -> Command:
    """UID COPY or UID MOVE (6.4.7, 6.4.8)."""
    command = Command(b"UID " + verb.encode("ascii"))
    command.pieces.append(b" " + uids)
    return command.mailbox(name)


def append_start(name: bytes) -> Command:
    """APPEND and the mailbox (6.3.12); messages follow by ``append_message``."""
    return Command(b"APPEND").mailbox(name)


def append_message(flags: Sequence[str], date: InternalDate | None) -> bytes:
    """What stands before each literal of APPEND and MULTIAPPEND (RFC 3502): flags and date."""
    text = b" "
    if flags:
        text += _flags_of_a_message(tuple(flags)) + b" "
    if date is not None:
        text += date.format() + b" "
    return text
