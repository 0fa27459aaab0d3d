"""The pace of ``trasloco copy``: hours, rates and the bytes of a day of one mailbox, without a database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from trasloco.engine.account import Side
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.pace import OUTSIDE_WINDOW, AccountPace, Bucket, Rates
from trasloco.plan.pace_limits import PaceLimits
from trasloco.plan.window import Window
from trasloco.project.budget_file import BudgetFile
from trasloco.project.paths import state_directory
from trasloco.sentence import sentence as _

LOOK_SECONDS = 1.0


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class CopyPace:
    """limits: of the source; window: None = at any hour; wait: for what rests. now: replaced by tests."""

    limits: PaceLimits = field(default_factory=PaceLimits)
    window: Window | None = None
    wait: bool = False
    now: Callable[[], datetime] = utc_now

    def __post_init__(self) -> None:
        self._bucket = Bucket(Rates(self.limits.messages_per_second, self.limits.bytes_per_second))

    def begin(self, source: Side) -> AccountPace:
        """Of one try. Raises ``DatabaseUnavailable`` where there is a limit of a day and no state directory to keep it in."""
        login = source.master.mailbox if source.master is not None else source.credentials.login
        mailbox = f"{login.casefold()} {source.endpoint.host.lower()}"
        limit = self.limits.bytes_per_day
        allowance = BudgetFile(state_directory() / "fetched-bytes.json", mailbox, limit) if limit else None
        return AccountPace(login, buckets=[self._bucket], allowance=allowance)

    def closed(self) -> Failure | None:
        """Why nothing may be moved at this hour, None when it may."""
        if self.window is None or self.window.is_open(now := self.now()):
            return None
        words = _(
            "The hours in which mail is moved (%(hours)s) have not come. Nothing is lost; it goes on by itself where it was.",
            hours=str(self.window),
        )
        after = (self.window.opens(now) - now).total_seconds()
        return Failure(SideName.OURS, Scope.RUN, Retry.LATER, OUTSIDE_WINDOW, words, after)

    async def watch(self, pace: AccountPace) -> None:
        """Until it is cancelled: let the copy rest when its hours are over."""
        while True:
            if (failure := self.closed()) is not None:
                pace.halt(failure)
            await asyncio.sleep(LOOK_SECONDS)

    def goes_on(self, failure: Failure) -> datetime:
        """When a copy that rests may go on: not before its hours."""
        at = self.now() + timedelta(seconds=failure.after or 0.0)
        return self.window.opens(at) if self.window is not None else at

    async def sleep_until(self, moment: datetime) -> None:
        """By the clock on the wall, also when this machine sleeps meanwhile."""
        while (left := (moment - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - a clock sets no event
            await asyncio.sleep(min(left, 10.0))
