"""Inventory and ledger -> what is to be done in one folder. Pure.

Base = what the ledger last saw; now = the inventory. The source's changes are applied as
differences; deletions on the source are never carried over, so a row without a message on
the source needs nothing.
"""

from __future__ import annotations

from array import array
from collections import Counter
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
    tally: fates that are settled already and need no work in this run. departed: messages that were brought and have left the folder.
    """

    todo: array[int] = field(default_factory=lambda: array("Q"))
    reflag: Reflags = field(default_factory=Reflags)
    bound: array[int] = field(default_factory=lambda: array("Q"))
    highest: int = 0
    tally: Tally = field(default_factory=Tally)
    departed: int = 0


class Diff:
    """Feed it the ledger's rows in order of source UID (``take``), then ask for the ``work``."""

    def __init__(self, inventory: Inventory, run: int) -> None:
        self._inventory = inventory
        self._run = run
        self._next = 0
        self._work = Work()

    def take(self, rows: Sequence[Known]) -> None:
        if not rows:
            return
        self._work.highest = rows[-1].source_uid
        self._work.bound.extend([row.destination_uid for row in rows if row.destination_uid is not None])
        settled: Counter[Fate] = Counter()
        for row in rows:
            if self._advance_to(row.source_uid):
                fate = self._meet(row)
                self._next += 1
            else:
                fate = Fate.VANISHED if row.run == self._run and row.fate is Fate.VANISHED else None
                self._work.departed += row.fate in BROUGHT and row.destination_uid is not None
            if fate is not None:
                settled[fate] += 1
        for fate, count in settled.items():
            self._work.tally.add(fate, count)

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

    def _meet(self, row: Known) -> Fate | None:
        """A message of the ledger that is still on the source; its fate, when that is settled."""
        if row.fate in BROUGHT:
            now = self._inventory.flags(self._next)
            if now != row.flags and row.destination_uid is not None:
                self._work.reflag.append(Reflag(row.source_uid, row.destination_uid, row.flags, now))
            return row.fate if row.run == self._run else Fate.ADOPTED  # what an earlier run brought is, for this one, already there
        if row.fate is Fate.REFUSED and row.run == self._run:
            return Fate.REFUSED  # tried in this run already; a later run tries again
        self._work.todo.append(self._next)  # rules may have changed, or it came back
        return None
