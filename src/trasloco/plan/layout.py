"""How one side arranges its folders: personal prefix, delimiter, and whose folders are whose (RFC 2342).

A ``Layout`` reads wire names into levels and writes levels into wire names. Levels are full: on a
server that keeps everything below ``INBOX.``, "INBOX.Sent" has the levels ("INBOX", "Sent"); the
*path* shown to people and compared between sides is without that prefix: ("Sent",).

Only the prefix of the first personal namespace is taken off (new folders belong there, RFC 2342
section 5); a second personal namespace keeps its prefix as ordinary levels. Without NAMESPACE the
``INBOX.`` of Courier is inferred from the tree: every folder but INBOX stands below INBOX.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from trasloco.imap import utf7
from trasloco.imap.values import Mailbox, Namespace, Namespaces

INBOX = "INBOX"

DEEPEST = 64
"""Levels a name is split into; what lies deeper stays one level, so that a hostile LIST costs nothing."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The arrangement of one side.

    prefix: wire bytes before every personal folder but INBOX, b"" if none.
    delimiter: between the levels of personal folders; None = this server has no subfolders.
    personal: further personal prefixes. foreign: prefixes of other users' and shared folders.
    """

    prefix: bytes
    delimiter: str | None
    personal: tuple[bytes, ...] = ()
    foreign: tuple[Namespace, ...] = ()

    @classmethod
    def of(cls, tree: Sequence[Mailbox], namespaces: Namespaces | None) -> Layout:
        """Tell the arrangement from NAMESPACE where the server has it, else from the tree."""
        listed = next((mailbox.delimiter for mailbox in tree if mailbox.delimiter), None)
        if namespaces and namespaces.personal:
            first, *more = namespaces.personal
            foreign = (*namespaces.other_users, *namespaces.shared)
            return cls(first.prefix, first.delimiter or listed, tuple(item.prefix for item in more), foreign)
        foreign = (*namespaces.other_users, *namespaces.shared) if namespaces else ()
        return cls(_inferred_prefix(tree), listed, (), foreign)

    @property
    def base(self) -> tuple[str, ...]:
        """The levels of the prefix: ("INBOX",) for ``INBOX.``, () for none or one that is no whole level."""
        cut = _cut(self.prefix, self.delimiter)
        return () if cut is None else _canonical(tuple(utf7.decode_name(level) for level in cut))

    @property
    def _stem(self) -> bytes:
        """A prefix that does not end in the delimiter: written before the first level as it is."""
        return self.prefix if self.prefix and not self.base else b""

    def foreign_prefix(self, name: bytes) -> bytes | None:
        """The namespace a folder of other people belongs to, None for a personal one.

        The longest matching prefix decides; INBOX, a tie, and a folder of no namespace at all are personal:
        to bring a folder too many is better than to lose one."""
        if name.upper() == b"INBOX":
            return None
        own = max((len(prefix) for prefix in (self.prefix, *self.personal) if _starts(name, prefix)), default=-1)
        best = max((item for item in self.foreign if _within(name, item)), key=lambda item: len(item.prefix), default=None)
        return best.prefix if best is not None and len(best.prefix) > own else None

    def raw_levels(self, mailbox: Mailbox) -> tuple[bytes, ...]:
        """The full levels of a folder as wire bytes; the first is b"INBOX" in whatever case it came."""
        name = mailbox.name.removeprefix(self._stem) if mailbox.name.upper() != b"INBOX" else b"INBOX"
        delimiter = (mailbox.delimiter or "").encode()
        if delimiter and not mailbox.selectable and len(name) > len(delimiter):
            name = name.removesuffix(delimiter)  # some servers list a directory as "name/"
        levels = tuple(name.split(delimiter, DEEPEST - 1)) if delimiter else self._split_prefix(name)
        return (b"INBOX", *levels[1:]) if levels[0].upper() == b"INBOX" else levels

    def _split_prefix(self, name: bytes) -> tuple[bytes, ...]:
        """The levels of a folder with a NIL delimiter: the prefix is one or more, the rest is one."""
        cut = _cut(self.prefix, self.delimiter)
        if cut is None or not _starts(name, self.prefix) or len(name) == len(self.prefix):
            return (name,)
        return (*cut, name[len(self.prefix) :])

    def path(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Full levels without the prefix; INBOX stays INBOX."""
        base = self.base
        return levels[len(base) :] if base and len(levels) > len(base) and levels[: len(base)] == base else levels

    def wire(self, levels: tuple[str, ...]) -> bytes:
        """Full levels as a name on the wire."""
        if levels == (INBOX,):
            return b"INBOX"
        return self.join(tuple(utf7.encode(level) for level in levels))

    def join(self, levels: tuple[bytes, ...]) -> bytes:
        """Full levels, encoded already, as one name."""
        return self._stem + (self.delimiter or "").encode().join(levels)


def decoded(levels: tuple[bytes, ...]) -> tuple[str, ...]:
    """Wire levels as text: modified UTF-7, else UTF-8, else Latin-1."""
    return tuple(utf7.decode_name(level) for level in levels)


def fold_levels(levels: tuple[str, ...], *, case_insensitive: bool = False) -> tuple[str, ...]:
    """The form in which two folders of one server are the same: NFC (servers normalise), INBOX in any
    case, and all names casefolded where the server does not tell cases apart."""
    folded = tuple(unicodedata.normalize("NFC", level) for level in _canonical(levels))
    return tuple(level.casefold() for level in folded) if case_insensitive else folded


def _canonical(levels: tuple[str, ...]) -> tuple[str, ...]:
    return (INBOX, *levels[1:]) if levels and levels[0].upper() == INBOX else levels


def _cut(prefix: bytes, delimiter: str | None) -> tuple[bytes, ...] | None:
    """The levels of a prefix that ends in the delimiter, else None."""
    mark = (delimiter or "").encode()
    if not mark or not prefix.endswith(mark) or prefix == mark:
        return None
    return tuple(prefix.removesuffix(mark).split(mark))


def _starts(name: bytes, prefix: bytes) -> bool:
    """Whether the name begins with the prefix; an INBOX in it matches in any case (RFC 9051 5.1)."""
    return name.startswith(prefix) or (prefix[:5].upper() == b"INBOX" and name.upper().startswith(prefix.upper()))


def _within(name: bytes, namespace: Namespace) -> bool:
    """Whether the name is in the namespace or is its root ("Other Users" of "Other Users/")."""
    root = namespace.prefix.removesuffix((namespace.delimiter or "").encode())
    return _starts(name, namespace.prefix) or (bool(root) and name == root)


def _inferred_prefix(tree: Sequence[Mailbox]) -> bytes:
    others = [mailbox for mailbox in tree if mailbox.name.upper() != b"INBOX"]
    marks = {mailbox.delimiter for mailbox in others}
    mark = marks.pop() if len(marks) == 1 else None
    if mark and all(_starts(mailbox.name, b"INBOX" + mark.encode()) for mailbox in others):
        return b"INBOX" + mark.encode()
    return b""
