"""What the load test does: who moves what from where, how many work on it, and how they are disturbed.

One customer moves nearly everything, another one a few accounts now and then, between the same servers. The workers come
and go all along. Everything follows from a seed but the moments at which things happen on a shared machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

LARGE, SMALL = "Large Ltd", "Small Ltd"

FOLDERS = ("", "Sent", "Archive")
"""Of each mailbox, as ``Maildir`` calls them; one after the other gets a message."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One account. numbers: of its letters, which no other account has."""

    login: str
    address: str
    numbers: range


@dataclass(frozen=True, slots=True)
class PlannedMigration:
    """host: which of the source's addresses it names, from 0."""

    customer: str
    host: int
    mailboxes: tuple[Mailbox, ...]


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """migrations, accounts (of each): the large customer's. small: accounts of each of the small customer's migrations.

    arrivals: when those come, as shares of all accounts that are done. workers: processes, each with so many hands
    (accounts at once). hosts: addresses of the source, each with a cap of connections; there: cap of the destination.
    pause: seconds between two workers killed or drained, on average. rate: bytes a second of each connection to the source.
    fair: the small customer's accounts wait less than this share of what the large one's wait.
    """

    migrations: int = 10
    accounts: int = 500
    small: int = 3
    arrivals: tuple[float, ...] = (0.0, 0.3, 0.6)
    workers: int = 4
    hands: int = 8
    hosts: int = 2
    cap: int = 8
    there: int = 50
    pause: float = 8.0
    rate: float | None = None
    messages: int = 6
    fair: float = 0.1
    seed: int = 1

    @property
    def all_accounts(self) -> int:
        return self.migrations * self.accounts + self.small * len(self.arrivals)

    @property
    def patience(self) -> float:
        """Seconds after which whoever is not done will never be."""
        return 240 + 3.0 * self.all_accounts

    def large(self) -> list[PlannedMigration]:
        return list(self._planned(LARGE, "large", self.migrations, self.accounts, 0))

    def little(self) -> list[PlannedMigration]:
        """Those of the small customer, in the order of ``arrivals``."""
        return list(self._planned(SMALL, "small", len(self.arrivals), self.small, self.migrations))

    def _planned(self, customer: str, word: str, many: int, accounts: int, first: int) -> Iterator[PlannedMigration]:
        for number in range(first, first + many):
            drawn = random.Random(f"{self.seed} {number}")
            mailboxes = []
            for line in range(1, accounts + 1):
                most = 10 * self.messages
                start = (number * max(self.accounts, self.small) + line) * most
                # One account in twenty has ten times as much as the others.
                numbers = range(start, start + (most if drawn.random() < 0.05 else self.messages))
                name = f"{word}{number}-{line}"
                mailboxes.append(Mailbox(f"{name}@old.example", f"{name}@{word}.example", numbers))
            yield PlannedMigration(customer, number % self.hosts, tuple(mailboxes))
