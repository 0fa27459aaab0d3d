"""Fingerprints of the messages of a folder, by the hundred thousand: a hash of five header fields, size, date of arrival.

In parallel arrays, about 40 bytes for each message: a mailbox of a million messages that is on the destination already
must fit into a worker beside everything else.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from itertools import groupby

from trasloco.engine.uid_set import UidSet

FIELDS = b"HEADER.FIELDS (MESSAGE-ID DATE FROM TO SUBJECT)"

_WIDTH = 16  # bytes of a key
_NO_DATE = -(2**63)


def header_key(header: bytes) -> tuple[bytes, bool]:
    """(hash of the fields whatever their folding, order and case of names; whether Message-ID is there)."""
    unfolded = header.replace(b"\r", b"").replace(b"\n ", b" ").replace(b"\n\t", b" ")
    lines, named = [], False
    for line in unfolded.split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            name = name.strip().lower()
            named = named or (name == b"message-id" and bool(value.strip()))
            lines.append(name + b":" + b" ".join(value.split()))
    return hashlib.blake2b(b"\n".join(sorted(lines)), digest_size=_WIDTH).digest(), named


class Fingerprints:
    """Of one folder; a position is an index into all of the arrays. A UID added twice counts once in ``groups``."""

    def __init__(self) -> None:
        self.uids = array("Q")
        self._sizes = array("I")  # modulo 2^32: what else is the same makes the rest of them the same
        self._dates = array("q")
        self._keys = bytearray()
        self._named = bytearray()
        self._seen = UidSet()

    def __len__(self) -> int:
        return len(self.uids)

    def __contains__(self, uid: object) -> bool:
        """Asked only when a server refused some of them."""
        if len(self._seen) < len(self.uids):
            self._seen = UidSet(self.uids[:])
        return uid in self._seen

    def add(self, uid: int, size: int, header: bytes, date: int | None) -> None:
        """size: bytes as the server says; date: INTERNALDATE in seconds, None when it cannot be read."""
        key, named = header_key(header)
        self.uids.append(uid)
        self._sizes.append(size & 0xFFFF_FFFF)
        self._dates.append(_NO_DATE if date is None else date)
        self._keys += key
        self._named.append(named)

    def named(self, position: int) -> bool:
        """Whether the message has a Message-ID."""
        return bool(self._named[position])

    def alike(self, position: int, other: Fingerprints, there: int) -> bool:
        """The same size and the same date of arrival, which tells the draft that was saved again, or the mail that was
        sent again, from the first one."""
        date = self._dates[position]
        return self._sizes[position] == other._sizes[there] and date == other._dates[there] and date != _NO_DATE

    def same_date(self, position: int, other: Fingerprints, there: int) -> bool:
        """The same date of arrival, to the second."""
        return self._dates[position] == other._dates[there] != _NO_DATE

    def groups(self) -> Iterator[tuple[bytes, list[int]]]:
        """(key, positions by UID) in the order of keys. A sixteenth of them is sorted at a time."""
        for first in range(16):
            order = [place for place in range(len(self.uids)) if self._keys[place * _WIDTH] >> 4 == first]
            order.sort(key=self.uids.__getitem__)
            order.sort(key=self._key)
            for key, positions in groupby(order, self._key):
                yield key, [next(same) for _, same in groupby(positions, self.uids.__getitem__)]

    def _key(self, position: int) -> bytes:
        return bytes(self._keys[position * _WIDTH : (position + 1) * _WIDTH])


def common(ours: Fingerprints, theirs: Fingerprints) -> Iterator[tuple[list[int], list[int]]]:
    """Positions of the messages whose header fields are the same, group by group."""
    here, there = ours.groups(), theirs.groups()
    one, other = next(here, None), next(there, None)
    while one is not None and other is not None:
        if one[0] == other[0]:
            yield one[1], other[1]
            one, other = next(here, None), next(there, None)
        elif one[0] < other[0]:
            one = next(here, None)
        else:
            other = next(there, None)
