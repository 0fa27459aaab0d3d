"""Is all mail there? Of each account: every message that was seen, by what became of it, and whether that was compared.

The sum of the fates is the number of messages by construction; that none is without a fate is what a run enforces
(``engine.reckoning``). What no run has reached yet is counted beside them. Only what was compared with nothing wrong, after
its last run and in every message, is called complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from trasloco.engine.comparison import Verdict
from trasloco.engine.fate import Fate, Tally
from trasloco.records.fates import fates_by_account
from trasloco.records.models import MailMigration, Transfer, TransferState, Verification

_ENDED = (TransferState.COMPLETED, TransferState.COMPLETED_WITH_ERRORS)


@dataclass(frozen=True, slots=True)
class Compared:
    """The newest comparison of an account, after its last run. asked: messages looked at; all_of_them: not a sample. good: as they
    should be; present: there, but there was nothing to compare them with; wrong: missing, different, or nobody knows where.
    broken: it ended before its time."""

    at: datetime
    asked: int
    all_of_them: bool
    good: int
    present: int
    wrong: int
    broken: bool


@dataclass(frozen=True, slots=True)
class AccountCompleteness:
    """messages: "source" and each fate. to_go: messages that are known of and have no fate yet. ended: its last run came to an end.
    failed: it did not, and nobody tries again. compared: None where it was not, or not since its last run."""

    account: int
    messages: dict[str, int]
    to_go: int
    ended: bool
    failed: bool
    compared: Compared | None


@dataclass(frozen=True, slots=True)
class Missing:
    """What keeps accounts from being called complete. code: failed, under-way, to-go, refused, different, broken-off, present,
    not-compared, sampled. number: of accounts (failed, under-way, not-compared, broken-off, sampled) or messages. at: when it was
    compared."""

    code: str
    number: int
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Completeness:
    """Of some accounts together. left_out: accounts that nobody moves, which are in no other figure. compared_at: of the oldest
    comparison. asked: messages compared."""

    accounts: int
    left_out: int
    messages: dict[str, int]
    to_go: int
    missing: Sequence[Missing] = field(default_factory=tuple)
    compared_at: datetime | None = None
    asked: int = 0

    @property
    def complete(self) -> bool:
        return self.accounts > 0 and not self.missing

    @property
    def fates(self) -> list[tuple[str, int]]:
        """What the messages are the sum of: "copied" always, the others where there are any."""
        return [(fate.value, self.messages[fate.value]) for fate in Fate if self.messages[fate.value] or fate is Fate.COPIED]

    @property
    def wrong(self) -> bool:
        """Something is not only unfinished or unknown, but wrong."""
        return any(item.code in ("failed", "refused", "different") for item in self.missing)


def completeness(migration: MailMigration, account: int | None = None) -> Completeness:
    """Of the whole migration, or of this account. A few queries; they read every row of the ledger that is concerned."""
    accounts = migration.accounts.all() if account is None else migration.accounts.filter(pk=account)
    rows = list(accounts.values_list("pk", "left_out", "check_result__messages"))
    wanted = [pk for pk, left_out, _messages in rows if not left_out]
    tallies = fates_by_account(migration, account)
    last = _last_transfers(wanted)
    compared = _compared(wanted, last)
    lines = [
        _line(pk, tallies.get(pk, Tally()), last.get(pk), checked or 0, compared.get(pk)) for pk, left_out, checked in rows if not left_out
    ]
    return _together(lines, len(rows) - len(wanted))


def _last_transfers(accounts: Sequence[int]) -> dict[int, dict[str, Any]]:
    """By account, of the run with the highest number."""
    newest = Transfer.objects.filter(account__in=accounts).order_by("account_id", "-run__number").distinct("account_id")
    return {row["account_id"]: dict(row) for row in newest.values("account_id", "status", "expected_messages", "ended_at")}


def _compared(accounts: Sequence[int], last: dict[int, dict[str, Any]]) -> dict[int, Compared]:
    newest = Verification.objects.filter(account__in=accounts).order_by("account_id", "-at", "-pk").distinct("account_id")
    found = {}
    for row in newest:
        ended = last.get(row.account_id, {}).get("ended_at")
        if ended is None or row.at < ended:
            continue
        counts = {Verdict(name): count for name, count in row.counts.items()}
        good = sum(count for verdict, count in counts.items() if verdict.good)
        wrong = sum(count for verdict, count in counts.items() if verdict.bad)
        present = counts.get(Verdict.PRESENT, 0)
        found[row.account_id] = Compared(row.at, row.asked, row.sample is None, good, present, wrong, bool(row.failure_words))
    return found


def _line(pk: int, tally: Tally, last: dict[str, Any] | None, checked: int, compared: Compared | None) -> AccountCompleteness:
    ended = last is not None and last["status"] in _ENDED
    known = max(last["expected_messages"] if last else 0, 0 if tally.source else checked)
    to_go = 0 if ended else max(0, known - tally.source)
    failed = last is not None and last["status"] == TransferState.FAILED
    return AccountCompleteness(pk, tally.as_dict(), to_go, ended, failed, compared if ended else None)


def _together(lines: Sequence[AccountCompleteness], left_out: int) -> Completeness:
    messages = Tally().as_dict()
    for line in lines:
        for name, count in line.messages.items():
            messages[name] += count
    compared = [line.compared for line in lines if line.compared is not None]
    at = min((item.at for item in compared), default=None)
    to_go, asked = sum(line.to_go for line in lines), sum(item.asked for item in compared)
    return Completeness(len(lines), left_out, messages, to_go, tuple(_missing(lines, messages["refused"], compared)), at, asked)


def _missing(lines: Sequence[AccountCompleteness], refused: int, compared: Sequence[Compared]) -> Iterable[Missing]:
    """In the order in which a person wants to know."""
    newest = max((item.at for item in compared), default=None)
    found = (
        Missing("failed", sum(line.failed for line in lines)),
        Missing("under-way", sum(not line.ended and not line.failed for line in lines)),
        Missing("to-go", sum(line.to_go for line in lines)),
        Missing("refused", refused),
        Missing("different", sum(item.wrong for item in compared), newest),
        Missing("broken-off", sum(item.broken for item in compared), newest),
        Missing("present", sum(item.present for item in compared), newest),
        Missing("not-compared", sum(line.ended and line.compared is None for line in lines)),
        Missing("sampled", sum(not item.all_of_them for item in compared), newest),
    )
    return (item for item in found if item.number)
