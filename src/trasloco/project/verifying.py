"""Many accounts of a migration verified at once, each by logins of its own; results are kept in the records.

Import it inside ``project.database.prepare()``: the records need Django to be set up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from django.conf import settings

from trasloco.documents.plain import plain
from trasloco.documents.units import count_words, size_words
from trasloco.engine.comparison import Verdict
from trasloco.engine.verify import Verification
from trasloco.jobs.database_thread import in_thread
from trasloco.jobs.verifying import verify
from trasloco.project.interruption import Interruption
from trasloco.project.screen import interactive, say, screen
from trasloco.records.connection_pool import connection_pool, conninfo
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import Account
from trasloco.records.verification import keep_verification

_STOPPING = "Stopping. What was verified is kept; nothing was changed anywhere."


@dataclass(frozen=True, slots=True)
class Verified:
    """One account and what was found."""

    account: Account
    found: Verification


async def verify_accounts(accounts: Sequence[Account], sample: int | None, concurrency: int) -> list[Verified] | None:
    """Verify these accounts, so many at once, showing progress; None when a signal came first.

    sample: messages of each account, None for all. Raises ``KeyProblem`` when the key ring cannot be used.
    """
    ring = KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE)
    slots = asyncio.Semaphore(concurrency)
    async with Interruption(_STOPPING) as stop, connection_pool(conninfo()) as pool:
        with _progress(len(accounts)) as progress:

            async def one(account: Account) -> Verified:
                async with slots:
                    found = _with_remedy(await verify(account, sample, pool, ring, progress.begin(account)))
                    await in_thread(keep_verification, account, found)
                    progress.end(account, found)
                    return Verified(account, found)

            async def everyone() -> list[Verified]:
                return await asyncio.gather(*(one(account) for account in accounts))

            work = asyncio.create_task(everyone())
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
                return None
            return work.result()


def _with_remedy(found: Verification) -> Verification:
    """On the command line, passwords that are gone are given again by the command that moves."""
    failure = found.failure
    if failure is None or failure.code != "password-not-readable":
        return found
    words = f"{failure.words} Run trasloco migrate with the same CSV and --verify all."
    return replace(found, failure=replace(failure, words=words))


class _Progress:
    """On a terminal one line that counts; elsewhere a line for each account that is done."""

    def __init__(self, total: int, show: Callable[[str], None] | None) -> None:
        self._total, self._show = total, show
        self._done = 0
        self._figures: dict[int, tuple[int, int]] = {}

    def begin(self, account: Account) -> Callable[[int, int], None]:
        """What ``verify_account`` tells."""

        def told(messages: int, size: int) -> None:
            self._figures[account.pk] = (messages, size)
            self._draw()

        return told

    def end(self, account: Account, found: Verification) -> None:
        self._done += 1
        if self._show is None:
            say(f"{plain(account.destination_address)}: {outcome_words(found)}")
        self._draw()

    def _draw(self) -> None:
        if self._show is not None:
            messages = sum(figures[0] for figures in self._figures.values())
            size = sum(figures[1] for figures in self._figures.values())
            accounts = f"{self._done:,} of {count_words(self._total, 'account')} verified"
            self._show(f"{accounts} · {count_words(messages, 'message')}, {size_words(size)} read")


@contextmanager
def _progress(total: int) -> Iterator[_Progress]:
    if not interactive():
        yield _Progress(total, None)
        return
    with screen().status(f"Verifying {count_words(total, 'account')}") as status:
        yield _Progress(total, status.update)


_WORDS = {
    Verdict.MISSING: "missing",
    Verdict.DIFFERENT: "different",
    Verdict.UNKNOWN: "without a known place",
    Verdict.PRESENT: "there, not compared",
    Verdict.LINE_ENDS: "with other line ends",
    Verdict.HEADERS: "with other header fields",
    Verdict.REPAIRED: "as repaired",
}


def outcome_words(found: Verification) -> str:
    """One account in one line."""
    parts = [f"{found.verified:,} of {count_words(found.asked, 'message')} verified"]
    parts += [f"{found.counts[verdict]:,} {words}" for verdict, words in _WORDS.items() if found.counts.get(verdict)]
    ending = f". {plain(found.failure.words)}" if found.failure is not None else ""
    return ", ".join(parts) + ending
