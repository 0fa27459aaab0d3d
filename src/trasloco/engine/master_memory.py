"""What a run has learned of its servers' master logins: which dialect each speaks, and whether it was proved."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from trasloco.engine.master_user import Dialect

Server: TypeAlias = tuple[str, int, str]
"""Host, port, and the master's name."""

ENOUGH_DOUBTS = 3
"""After so many mailboxes that proved nothing the question is not asked of every further one."""


class MasterMemory:
    """Of one event loop: the run of one process. ``asking`` lets one account at a time find out about a server."""

    def __init__(self) -> None:
        self.asking: defaultdict[Server, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._spoken: dict[Server, Dialect] = {}
        self._misunderstood: dict[Server, set[Dialect]] = {}
        self._proved: set[tuple[Server, Dialect]] = set()
        self._doubts: Counter[tuple[Server, Dialect]] = Counter()

    def spoken(self, server: Server) -> Dialect | None:
        """The dialect in which this server opened a mailbox last, None when none is known."""
        return self._spoken.get(server)

    def opened(self, server: Server, dialect: Dialect) -> None:
        self._spoken[server] = dialect

    def misunderstood(self, server: Server, dialect: Dialect) -> None:
        """In this dialect the server opens the administrator's own mailbox: it is not to be tried again."""
        self._misunderstood.setdefault(server, set()).add(dialect)
        if self._spoken.get(server) is dialect:
            del self._spoken[server]

    def avoided(self, server: Server) -> frozenset[Dialect]:
        """The dialects that the server misunderstands."""
        return frozenset(self._misunderstood.get(server, ()))

    def proved(self, server: Server, dialect: Dialect) -> bool:
        """Whether it is certain that the dialect opens the user's mailbox there, and not the master's own."""
        return (server, dialect) in self._proved

    def tired(self, server: Server, dialect: Dialect) -> bool:
        """Whether enough mailboxes were looked at without a proof."""
        return self._doubts[server, dialect] >= ENOUGH_DOUBTS

    def learn(self, server: Server, dialect: Dialect, *, proved: bool) -> None:
        if proved:
            self._proved.add((server, dialect))
        else:
            self._doubts[server, dialect] += 1
