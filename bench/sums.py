"""Is it the same mail? Two mailboxes of any size compared, every byte of them, without keeping anything of a message.

Of each folder: how many messages, their bytes, and the sum (modulo 2^256) of one SHA-256 for each message, over its
content, size, flags and date. Equal sums are equal messages, in whatever order; one lost, doubled or changed makes another sum.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Self

from bench.ends import End
from trasloco.testing.mailbox_tree import Path
from trasloco.testing.snapshot import Entry, Snapshot

_MODULUS = 1 << 256


@dataclass(slots=True)
class Sum:
    """Of one folder. size: bytes."""

    messages: int = 0
    size: int = 0
    digests: int = 0

    def add(self, entry: Entry) -> None:
        self.messages += 1
        self.size += entry.size
        told = f"{entry.sha256} {entry.size} {sorted(entry.flags)} {entry.epoch}".encode()
        self.digests = (self.digests + int.from_bytes(hashlib.sha256(told).digest())) % _MODULUS


@dataclass(slots=True)
class Sums:
    """Of one mailbox."""

    folders: dict[Path, Sum] = field(default_factory=dict)

    @classmethod
    def read(cls, end: End) -> Self:
        """Read all of it over IMAP, not with the code under test. Raises WireRefused."""
        found = cls()
        for path, entries in Snapshot.each(end.host, end.port, end.user, end.password):
            into = found.folders[path] = Sum()
            for entry in entries:
                into.add(entry)
        return found

    @property
    def messages(self) -> int:
        return sum(each.messages for each in self.folders.values())

    @property
    def size(self) -> int:
        return sum(each.size for each in self.folders.values())

    def difference(self, copy: Sums) -> str:
        """In words how the copy differs from this; "" when every folder, message, byte, flag and date is the same."""
        if self.messages != copy.messages:
            less = self.messages - copy.messages
            return f"{abs(less)} messages {'lost' if less > 0 else 'doubled'}"
        other = [path for path in self.folders.keys() | copy.folders.keys() if self.folders.get(path) != copy.folders.get(path)]
        return f"{len(other)} folders are not the same, {'/'.join(min(other))} the first of them" if other else ""
