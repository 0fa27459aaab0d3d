"""How a run is going, as values: what both the live screen and the plain lines are drawn from.

``Progress`` is one look at a run; ``Pace`` turns a series of looks into rates and the time left.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

WINDOW_SECONDS = 15.0  # long enough to be steady, short enough to follow a change
_ENOUGH_SECONDS = 2.0  # before that a rate is a guess
_MOMENT = 0.4  # a run that ended so soon has no rate at all

UNDER_WAY = "running"
ENDED = frozenset({"completed", "completed_with_errors", "failed", "stopped"})


@dataclass(frozen=True, slots=True)
class AccountProgress:
    """One account in the run that is on.

    expected: messages before it, None until its inventory is known. size: bytes copied so far;
    expected_size: bytes before it, None when the server does not tell. words: why it failed or waits.
    """

    key: int
    name: str
    status: str
    done: int = 0
    expected: int | None = None
    size: int = 0
    expected_size: int | None = None
    folder: str = ""
    words: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """One look at a run: ``title`` names it, ``accounts`` in the order of the CSV."""

    title: str
    accounts: tuple[AccountProgress, ...]

    @property
    def done(self) -> int:
        return sum(account.done for account in self.accounts)

    @property
    def size(self) -> int:
        return sum(account.size for account in self.accounts)

    @property
    def ended(self) -> int:
        return sum(account.status in ENDED for account in self.accounts)

    @property
    def failed(self) -> int:
        return sum(account.status == "failed" for account in self.accounts)

    @property
    def running(self) -> list[AccountProgress]:
        return [account for account in self.accounts if account.status == UNDER_WAY]

    @property
    def expected(self) -> int:
        """Messages of the accounts looked into so far; at least what is done."""
        return sum(max(account.expected or 0, account.done) for account in self.accounts)

    @property
    def expected_size(self) -> int | None:
        """Bytes of the accounts looked into so far, None when any of them does not tell."""
        known = [account for account in self.accounts if account.expected is not None]
        if any(account.expected_size is None for account in known):
            return None
        return sum(max(account.expected_size or 0, account.size) for account in known)

    @property
    def looked_into(self) -> int:
        """Accounts whose inventory is known."""
        return sum(account.expected is not None or account.status in ENDED for account in self.accounts)

    @property
    def share(self) -> float:
        """By how much all accounts are more than those looked into, these taken for average ones."""
        return len(self.accounts) / self.looked_into if self.looked_into else 1.0


def _mostly_there(progress: Progress) -> bool:
    """Whether most messages needed no copy so far, as in a second run: then the bytes of all of them say nothing."""
    if not progress.expected or progress.expected_size is None:
        return False
    return progress.size * 5 < progress.done * progress.expected_size / progress.expected


@dataclass(slots=True)
class Pace:
    """Rates over the last seconds, and over all of them at the end. Feed ``see`` with every look and a monotonic time in seconds."""

    _looks: deque[tuple[float, int, int]] = field(default_factory=deque)
    _first: tuple[float, int, int] | None = None
    _ended: bool = False

    def see(self, now: float, progress: Progress) -> None:
        if self._ended:
            return
        self._ended = progress.ended == len(progress.accounts)
        self._looks.append((now, progress.done, progress.size))
        self._first = self._first or self._looks[0]
        while len(self._looks) > 2 and now - self._looks[0][0] > WINDOW_SECONDS:
            self._looks.popleft()

    @property
    def messages(self) -> float | None:
        """Messages per second, None until that can be said."""
        return self._rate(1)

    @property
    def size(self) -> float | None:
        """Bytes per second, None until that can be said."""
        return self._rate(2)

    def left(self, progress: Progress) -> float | None:
        """Seconds until the end as far as it can be seen, None when it cannot.

        Accounts not looked into yet are taken for average ones.
        """
        if not progress.looked_into or not progress.accounts:
            return None
        share = progress.share
        messages = _remaining(progress.expected * share - progress.done, self.messages)
        size = None if _mostly_there(progress) else progress.expected_size
        volume = _remaining(size * share - progress.size, self.size) if size is not None else None
        if messages is None:
            return None
        # Bytes are the better guide while they flow; messages that need no copy go faster than any.
        return messages if volume is None else (messages + volume) / 2

    def _rate(self, column: int) -> float | None:
        if len(self._looks) < 2:
            return None
        first, last = self._looks[0], self._looks[-1]
        if self._ended and self._first is not None:
            first = self._first
        seconds = last[0] - first[0]
        if seconds < (_ENOUGH_SECONDS if not self._ended else _MOMENT):
            return None
        return (last[column] - first[column]) / seconds


def _remaining(amount: float, rate: float | None) -> float | None:
    if amount <= 0:
        return 0.0
    return amount / rate if rate else None


def changes(before: Iterable[AccountProgress], after: Iterable[AccountProgress]) -> list[AccountProgress]:
    """The accounts whose status is another one now, as they are now; all of them when there was no look before."""
    old = {account.key: account.status for account in before}
    return [account for account in after if old.get(account.key) != account.status]
