"""What a source folder holds now: UID, size, date and flags of every message, in a few bytes each.

A million messages take about 30 MB: parallel arrays, and flag sets shared by index.
"""

from __future__ import annotations

import copy
from array import array
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from operator import ge
from typing import Self

from trasloco.engine.flags import canonical
from trasloco.engine.ledger import Known
from trasloco.imap import dates
from trasloco.imap.client import Client
from trasloco.imap.dates import InternalDate
from trasloco.imap.errors import LimitExceeded
from trasloco.imap.fetch_response import ListedItems, listed_message, parse_flags
from trasloco.imap.number_set import place_of
from trasloco.imap.values import Fetched
from trasloco.sentence import sentence as _

ITEMS = ("UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE")

_NO_DATE = -(2**63)
_UNREADABLE = InternalDate(_NO_DATE)

_FEW = 20_000
"""In a longer list a message out of order is not put into its place at once: that would take time by the square."""

MOST_FLAGS = 32 * 1024 * 1024
"""Bytes, roughly, that the different sets of flags of one folder may take: an honest mailbox has some hundred of them."""

_SET_OF_FLAGS, _FLAG = 400, 100  # bytes of a set and of each flag in it, their letters aside


class Inventory:
    """Messages in ascending order of UID; a position is an index into all of the arrays."""

    _columns: tuple[str, ...] = ("uids", "sizes", "_epochs", "_offsets", "_flags")

    def __init__(self) -> None:
        self.uids = array("Q")
        self.sizes = array("Q")
        self._epochs = array("q")
        self._offsets = array("h")
        self._flags = array("I")
        self._flag_texts: list[str] = []
        self._flag_index: dict[frozenset[str], int] = {}
        self._flag_size = 0
        self._in_order = True

    def __len__(self) -> int:
        return len(self.uids)

    def flags(self, position: int) -> str:
        """Canonical text of the message's flags."""
        return self._flag_texts[self._flags[position]]

    def set_flags(self, position: int, flags: frozenset[str]) -> None:
        """What the message has besides what the server lists as its flags."""
        self._flags[position] = self._flag_number(flags)

    def identity(self, position: int) -> int | None:
        """The number by which the source knows the message in each of its folders; None where it has none."""
        return None

    def only(self, positions: Sequence[int]) -> Self:
        """A list of these messages alone; positions in ascending order."""
        part = copy.copy(self)
        for name in self._columns:
            column: array[int] = getattr(self, name)
            setattr(part, name, array(column.typecode, (column[position] for position in positions)))
        return part

    def date(self, position: int) -> InternalDate | None:
        """INTERNALDATE to the second with its zone; None when the server's was unreadable."""
        epoch = self._epochs[position]
        return None if epoch == _NO_DATE else InternalDate(epoch, self._offsets[position])

    def newest(self, since: int) -> int | None:
        """The latest date of the messages from a UID on, in seconds since 1970; None when there is none, or one was unreadable."""
        epochs = self._epochs[bisect_left(self.uids, since) :]
        return max(epochs) if epochs and min(epochs) != _NO_DATE else None

    def set_date(self, position: int, date: InternalDate) -> None:
        """What stands in for a date that could not be read."""
        self._epochs[position], self._offsets[position] = date.epoch, date.offset

    def position(self, uid: int) -> int | None:
        """Where a UID stands, None when it is not here."""
        return place_of(uid, self.uids)

    def add(self, item: Fetched) -> None:
        """Take one FETCH answer. One that only brings flags updates what is here already: servers
        send those by themselves when another client changes a flag meanwhile. One without a size of a
        message not here yet is a message all the same: its size is 0 until its bytes come.

        Whoever adds more than a few in any order calls ``in_order`` at the end. Raises LimitExceeded.
        """
        if item.uid is None:
            return
        if not self._in_order:
            self._put(len(self.uids), item)
            return
        if item.size is None and (position := self.position(item.uid)) is not None:
            if item.flags is not None:
                self._flags[position] = self._flag_number(item.flags)
            return
        if self.uids and item.uid <= self.uids[-1]:
            self._insert(item)
            return
        self._put(len(self.uids), item)

    def in_order(self) -> None:
        """Put in order what came in none. Of what was told twice the last flags hold, and the first that is known of the rest."""
        if self._in_order:
            return
        kept: list[int] = []
        for position in sorted(range(len(self.uids)), key=self.uids.__getitem__):
            if not kept or self.uids[kept[-1]] != self.uids[position]:
                kept.append(position)
                continue
            first = kept[-1]
            self._flags[first] = self._flags[position]
            self.sizes[first] = self.sizes[first] or self.sizes[position]
            if self._epochs[first] == _NO_DATE:
                self._epochs[first], self._offsets[first] = self._epochs[position], self._offsets[position]
        for name in self._columns:
            column: array[int] = getattr(self, name)
            setattr(self, name, array(column.typecode, (column[position] for position in kept)))
        self._in_order = True

    def add_many(self, lines: Sequence[ListedItems]) -> None:
        """Take many answers that have all there is to know, as they stand."""
        columns = list(zip(*lines, strict=True))
        uids = array("Q", map(int, columns[1]))
        after = self.uids[-1] if self.uids else 0
        if not self._in_order or uids[0] <= after or any(map(ge, uids, uids[1:])):  # out of order, or again
            for items in lines:
                self.add(listed_message(items))
            return
        epochs, offsets = zip(*[dates.parse(date) or _UNREADABLE for date in columns[3]], strict=True)
        self.uids.extend(uids)
        self.sizes.extend(map(int, columns[4]))
        self._epochs.extend(epochs)
        self._offsets.extend(offsets)
        numbers = {flags: self._flag_number(parse_flags(flags)) for flags in set(columns[2])}
        self._flags.extend([numbers[flags] for flags in columns[2]])
        self._more(columns)

    def add_known(self, rows: Sequence[Known]) -> None:
        """Take messages that the ledger knows, in order and behind all that are here. Their sizes and dates are not known again."""
        self.uids.extend([row.source_uid for row in rows])
        self.sizes.extend(array("Q", bytes(8 * len(rows))))
        self._epochs.extend([_NO_DATE] * len(rows))
        self._offsets.extend(array("h", bytes(2 * len(rows))))
        numbers = {text: self._flag_number(frozenset(text.split())) for text in {row.flags for row in rows}}
        self._flags.extend([numbers[row.flags] for row in rows])

    def _more(self, columns: Sequence[Sequence[bytes | None]]) -> None:
        """What else there is to keep of ``add_many``."""

    def _insert(self, item: Fetched) -> None:
        """Out of order: rare servers, so a slow insertion is right while there are few, and a repeated answer replaces."""
        assert item.uid is not None
        index = bisect_left(self.uids, item.uid)
        if index < len(self.uids) and self.uids[index] == item.uid:
            self._flags[index] = self._flag_number(item.flags or frozenset())
            return
        if len(self.uids) > _FEW:
            self._in_order, index = False, len(self.uids)
        self._put(index, item)

    def _put(self, index: int, item: Fetched) -> None:
        assert item.uid is not None
        date = dates.parse(item.internal_date) if item.internal_date else None
        self.uids.insert(index, item.uid)
        self.sizes.insert(index, item.size or 0)
        self._epochs.insert(index, _NO_DATE if date is None else date.epoch)
        self._offsets.insert(index, 0 if date is None else date.offset)
        self._flags.insert(index, self._flag_number(item.flags or frozenset()))

    def _flag_number(self, flags: frozenset[str]) -> int:
        number = self._flag_index.get(flags)
        if number is None:
            number = self._flag_index[flags] = len(self._flag_texts)
            text = canonical(flags)
            self._flag_size += _SET_OF_FLAGS + len(text) + _FLAG * len(flags)
            if self._flag_size > MOST_FLAGS:
                raise LimitExceeded("flags", _("the messages of this folder have more different flags than we keep"))
            self._flag_texts.append(text)
        return number


@dataclass(frozen=True, slots=True)
class Lister:
    """What is asked of each message, and what keeps the answers."""

    items: tuple[str, ...] = ITEMS
    make: Callable[[], Inventory] = Inventory


PLAIN = Lister()


async def take(client: Client, lister: Lister = PLAIN) -> Inventory:
    """Read the inventory of the selected folder in one pipelined UID FETCH.

    By FETCH and not by SEARCH: several servers hide messages from SEARCH. Raises ImapError.
    """
    inventory = lister.make()
    if client.selected is not None and client.selected.exists == 0:
        return inventory  # some servers answer BAD to 1:* in an empty folder
    answers: AsyncIterator[Fetched] = client.fetch("1:*", lister.items)
    async for item in answers:
        inventory.add(item)
    inventory.in_order()
    return inventory


def select_positions(inventory: Inventory, uids: Sequence[int]) -> list[int]:
    """Positions of those UIDs that are still here."""
    found = (inventory.position(uid) for uid in uids)
    return [position for position in found if position is not None]
