"""Inventory and ledger -> what is to be done in one folder. Pure.

Base = what the ledger last saw; now = the inventory. The source's changes are applied as
differences; deletions on the source are never carried over, so a row without a message on
the source needs nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from trasloco.engine.fate import Fate, Tally
from trasloco.engine.inventory import Inventory
from trasloco.engine.ledger import Known
from trasloco.engine.reflags import Reflag, Reflags

BROUGHT = frozenset({Fate.COPIED, Fate.ADOPTED, Fate.MOVED})
"""Fates of messages that are on the destination, or were until the user removed them there."""


@dataclass(slots=True)
class Work:
    """What a pass over a folder has to do.

    todo: positions in the inventory whose message is not on the destination yet, in UID order.
    bound: destination UIDs the ledger knows, in no order. highest: the greatest source UID it knows.
    tally: fates that are settled already and need no work in this run.
    """

    todo: array[int] = field(default_factory=lambda: array("Q"))
    reflag: Reflags = field(default_factory=Reflags)
    bound: array[int] = field(default_factory=lambda: array("Q"))
    highest: int = 0
    tally: Tally = field(default_factory=Tally)


class Diff:
    """Feed it the ledger's rows in order of source UID (``take``), then ask for the ``work``."""

    def __init__(self, inventory: Inventory, run: int) -> None:
        self._inventory = inventory
        self._run = run
        self._next = 0
        self._work = Work()

    def take(self, rows: Sequence[Known]) -> None:
        for row in rows:
            self._work.highest = row.source_uid
            if row.destination_uid is not None:
                self._work.bound.append(row.destination_uid)
            if self._advance_to(row.source_uid):
                self._meet(row)
                self._next += 1
            elif row.run == self._run and row.fate is Fate.VANISHED:
                self._work.tally.add(Fate.VANISHED)

    def work(self) -> Work:
        """The result; everything behind the last row is new."""
        self._advance_to(2**64)
        return self._work

    def _advance_to(self, uid: int) -> bool:
        """Everything before ``uid`` is unknown to the ledger; true when ``uid`` itself is here."""
        uids, todo = self._inventory.uids, self._work.todo
        position = self._next
        while position < len(uids) and uids[position] < uid:
            todo.append(position)
            position += 1
        self._next = position
        return position < len(uids) and uids[position] == uid

    def _meet(self, row: Known) -> None:
        """A message of the ledger that is still on the source."""
        if row.fate in BROUGHT:
            # What an earlier run brought is, for this one, already there.
            self._work.tally.add(row.fate if row.run == self._run else Fate.ADOPTED)
            self._compare_flags(row)
        elif row.fate is Fate.REFUSED and row.run == self._run:
            self._work.tally.add(Fate.REFUSED)  # tried in this run already; a later run tries again
        else:
            self._work.todo.append(self._next)  # rules may have changed, or it came back

    def _compare_flags(self, row: Known) -> None:
        now = self._inventory.flags(self._next)
        if now != row.flags and row.destination_uid is not None:
            self._work.reflag.append(Reflag(row.source_uid, row.destination_uid, row.flags, now))
