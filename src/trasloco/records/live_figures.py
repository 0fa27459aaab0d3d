"""What moves on the page of a migration, small enough to be sent every second: the state of every account as one letter, and sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from trasloco.records.models import MailMigration, Run, Transfer, TransferState
from trasloco.records.overviews import current_run
from trasloco.records.stages import ENDED, stage_of

AGAIN, PLANNED, LEFT_OUT = "a", "p", "l"
LETTERS = {
    TransferState.FAILED.value: "f",
    TransferState.COMPLETED_WITH_ERRORS.value: "e",
    TransferState.RUNNING.value: "r",
    TransferState.ADMITTED.value: "r",
    TransferState.WAITING.value: "w",
    TransferState.STOPPED.value: "s",
    TransferState.COMPLETED.value: "c",
    TransferState.LEFT_OUT.value: LEFT_OUT,
}
_OPEN = frozenset({TransferState.WAITING.value, TransferState.RUNNING.value, TransferState.ADMITTED.value})


@dataclass(frozen=True, slots=True)
class Square:
    """One account as a square: its id, its address and the letter of its state."""

    pk: int
    address: str
    letter: str


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """run: number of the current one, 0 before the first. letters: one for each account, in the order of the CSV. done, expected:
    messages; size, expected_size: bytes, of ended accounts what was copied. stage: of ``stages``. over: nothing moves any more."""

    run: int
    letters: str
    done: int
    expected: int
    size: int
    expected_size: int
    stage: str
    over: bool

    def as_json(self) -> dict[str, Any]:
        """With a stamp that changes when the page says something else than other numbers."""
        counts = Counter(self.letters)
        stamp = f"{self.stage} {self.run} {' '.join(f'{letter}{counts[letter]}' for letter in sorted(counts))}"
        return {
            "run": self.run,
            "letters": self.letters,
            "done": self.done,
            "expected": self.expected,
            "size": self.size,
            "expectedSize": self.expected_size,
            "stamp": stamp,
            "over": self.over,
        }


def live_figures(migration: MailMigration) -> LiveFigures:
    """A handful of queries, whatever the number of accounts."""
    run = current_run(migration)
    stage = stage_of(migration)
    rows = _rows(migration, run)
    done, expected, size, expected_size = (sum(amounts) for amounts in zip((0, 0, 0, 0), *map(_amounts, rows), strict=True))
    letters = "".join(map(_letter, rows))
    return LiveFigures(run.number if run else 0, letters, done, expected, size, expected_size, stage.value, stage in ENDED)


def squares(migration: MailMigration, run: Run | None) -> list[Square]:
    """The same letters with what is needed to draw them; in the same order."""
    return [Square(row["pk"], row["destination_address"], _letter(row)) for row in _rows(migration, run)]


def _rows(migration: MailMigration, run: Run | None) -> list[dict[str, Any]]:
    accounts: Iterable[Any] = migration.accounts.order_by("line", "pk").values(
        "pk", "destination_address", "left_out", "check_result__messages", "check_result__size"
    )
    columns = ("status", "attempts", "done_messages", "expected_messages", "copied_bytes", "expected_bytes")
    transfers = {row["account_id"]: row for row in Transfer.objects.filter(run=run).values("account_id", *columns)} if run else {}
    return [{**account, **transfers.get(account["pk"], {"status": ""})} for account in accounts]


def _letter(row: dict[str, Any]) -> str:
    if not row["status"]:
        return LEFT_OUT if row["left_out"] else PLANNED
    if row["status"] == TransferState.WAITING and row["attempts"]:
        return AGAIN
    return LETTERS[row["status"]]


def _amounts(row: dict[str, Any]) -> tuple[int, int, int, int]:
    """done, expected, size, expected_size of one account; who was not opened yet counts with what its check found."""
    if not row["status"]:
        return (0, 0, 0, 0)
    done, copied = row["done_messages"], row["copied_bytes"]
    if row["status"] not in _OPEN:
        return (done, row["expected_messages"], copied, copied)
    expected = row["expected_messages"] or row["check_result__messages"] or 0
    size = row["expected_bytes"] if row["expected_bytes"] is not None else row["check_result__size"] or 0
    return (done, expected, copied, max(size, copied))
