"""Which new message is which of those that left (``departures``).

One that is not found where it was on the destination makes place for another of the same bytes that is: of messages that are
alike some were taken away by the user there, and nobody can tell which of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from trasloco.engine.departures import Departure, Departures
from trasloco.engine.job import Job
from trasloco.engine.ledger import MessageRow

Pairs: TypeAlias = Sequence[tuple[int, Departure]]
"""Positions of new messages, each with the departure it is."""

_Place: TypeAlias = tuple[int | None, bytes, int]  # Departure.place


class Claims:
    """Of the messages of one folder that are new (by position), with whom each of them is.

    named: those that the source knows by a number of its own, which were found by it. digests: of the others, by source UID.
    """

    def __init__(self, departures: Departures, job: Job, named: Mapping[int, Departure], digests: Mapping[int, bytes]) -> None:
        self._departures, self._job, self._named, self._digests = departures, job, named, digests
        self._by_place: defaultdict[_Place, list[tuple[int, Departure]]] = defaultdict(list)
        self._absent: defaultdict[int, list[Departure]] = defaultdict(list)

    def __bool__(self) -> bool:
        return bool(self._by_place)

    def another(self, position: int) -> Departure | None:
        """One that nobody has been given yet, by the source's own number of it or by its bytes."""
        inventory, name = self._job.inventory, self._job.name
        if position in self._named:
            identity = inventory.identity(position)
            return self._departures.claim_identity(identity, name) if identity is not None else None
        digest = self._digests.get(inventory.uids[position])
        return self._departures.claim(digest, name) if digest is not None else None

    def add(self, position: int, departure: Departure) -> None:
        self._by_place[departure.place].append((position, departure))

    def take(self) -> Sequence[tuple[_Place, Pairs]]:
        """All of them, by where they are on the destination; none is left here."""
        taken = [*self._by_place.items()]
        self._by_place.clear()
        return taken

    def try_others(self, missing: Pairs) -> None:
        """These are not where they were on the destination."""
        for position, departure in missing:
            self._absent[position].append(departure)
            other = self.another(position)
            if other is not None:
                self.add(position, other)

    def absent(self, rows: Iterable[MessageRow]) -> list[tuple[int, Departure]]:
        """Of the messages without a row, those that are to be left as the user has put them, each with whom it is taken for."""
        came, left = {row.source_uid for row in rows}, []
        for position, tried in self._absent.items():
            for departure in tried:
                departure.given = False  # nothing came of it: another folder may ask for it
            if self._job.inventory.uids[position] in came:
                continue
            first = next((departure for departure in tried if departure.left_as_is), None)
            if first is not None:
                first.given = True
                left.append((position, first))
        return left
