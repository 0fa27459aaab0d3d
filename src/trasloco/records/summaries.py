"""A run in figures: what mails, lists and the top of a page say of it. A few queries, whatever the number of accounts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from trasloco.engine.fate import Fate
from trasloco.records.models import FolderTally, Run, Transfer, TransferState


@dataclass(frozen=True, slots=True)
class Problem:
    """One account of a run that did not go through as it should. refused: its messages that the new server did not take.
    words: what failed, in the server's words, "" where it was only messages."""

    account: int
    address: str
    status: str
    code: str
    words: str
    refused: int


@dataclass(frozen=True, slots=True)
class Summary:
    """states: accounts by ``TransferState``. messages: by fate, and "source", their sum. size: bytes copied."""

    accounts: int
    states: dict[str, int]
    messages: dict[str, int]
    size: int
    problems: tuple[Problem, ...]

    @property
    def failed(self) -> int:
        return self.states.get(TransferState.FAILED, 0)

    @property
    def with_errors(self) -> int:
        return self.states.get(TransferState.COMPLETED_WITH_ERRORS, 0)

    @property
    def well(self) -> int:
        return self.states.get(TransferState.COMPLETED, 0)

    @property
    def left_out(self) -> int:
        return self.states.get(TransferState.LEFT_OUT, 0)

    @property
    def more_problems(self) -> int:
        """Accounts that did not go through well and are not among ``problems``."""
        return self.failed + self.with_errors - len(self.problems)

    @property
    def arrived(self) -> int:
        """Messages that are on the destination: brought by this run or there already."""
        return self.messages["copied"] + self.messages["adopted"] + self.messages["moved"]


def summary(run: Run, *, most_problems: int = 50) -> Summary:
    """The run as it stands. most_problems: of a list that a person reads; how many more there are is known too."""
    states = dict(run.transfers.values_list("status").annotate(count=Count("pk")))
    sums = FolderTally.objects.filter(transfer__run=run).aggregate(**{fate.value: Sum(fate.value) for fate in Fate})
    messages = {fate.value: int(sums[fate.value] or 0) for fate in Fate}
    messages["source"] = sum(messages.values())
    size = run.transfers.aggregate(size=Sum("copied_bytes"))["size"] or 0
    bad = run.transfers.filter(status__in=[TransferState.FAILED, TransferState.COMPLETED_WITH_ERRORS])
    rows = bad.select_related("account").annotate(refused=Sum("tallies__refused")).order_by("-status", "account__line", "pk")
    problems = [_problem(row) for row in rows[:most_problems]]  # those that failed come first
    return Summary(sum(states.values()), states, messages, size, tuple(problems))


def _problem(row: Transfer) -> Problem:
    refused = int(getattr(row, "refused", 0) or 0)
    return Problem(row.account_id, row.account.destination_address, row.status, row.failure_code, row.failure_words, refused)
