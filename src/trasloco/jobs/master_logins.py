"""Is the destination's master user let in? A wrong password tried for each of 500 accounts gets our address banned."""

from __future__ import annotations

from collections import Counter

from trasloco.engine.account import Outcome, Side
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.sentence import sentence as _

REFUSALS = 3
"""Accounts in a row for which the master user was refused, before any was let in."""


class MasterLogins:
    """What this worker has seen of each destination's master user, by migration."""

    def __init__(self) -> None:
        self._refused: Counter[int] = Counter()
        self._let_in: set[int] = set()
        self._words: dict[int, str] = {}

    def verdict(self, migration: int, destination: Side) -> Failure | None:
        """The failure of an account that is not tried any more, None when it may be tried."""
        if migration in self._let_in or self._refused[migration] < REFUSALS:
            return None
        words = _(
            "Destination %(server)s: the master user was refused for %(times)s accounts and let in for none, so this one was "
            "not tried: the server might lock us out. Check the master's name, separator and password. %(clause)s",
            server=str(destination.endpoint),
            times=REFUSALS,
            clause=self._words[migration],
        )
        return Failure(SideName.DESTINATION, Scope.ACCOUNT, Retry.NEVER, "master-refused", words)

    def learn(self, migration: int, outcome: Outcome) -> None:
        """Remember how it went for one account."""
        failure = outcome.failure
        if failure is not None and failure.side is SideName.DESTINATION and failure.code == "login-refused":
            self._refused[migration] += 1
            self._words[migration] = failure.words
        elif failure is None:
            self._let_in.add(migration)
