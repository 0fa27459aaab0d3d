"""A run in figures: what mails, lists and the top of a page say of it. A few queries, whatever the number of accounts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from trasloco.engine.fate import Fate
from trasloco.records.models import FolderTally, Run, Transfer, TransferState


@dataclass(frozen=True, slots=True)
class Problem:
    """One account of a run that did not go through as it should."""

    address: str
    status: str
    code: str
    words: str


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
    def arrived(self) -> int:
        """Messages that are on the destination: brought by this run or there already."""
        return self.messages["copied"] + self.messages["adopted"] + self.messages["moved"]


def summary(run: Run, *, most_problems: int = 50) -> Summary:
    """The run as it stands."""
    states = dict(run.transfers.values_list("status").annotate(count=Count("pk")))
    sums = FolderTally.objects.filter(transfer__run=run).aggregate(**{fate.value: Sum(fate.value) for fate in Fate})
    messages = {fate.value: int(sums[fate.value] or 0) for fate in Fate}
    messages["source"] = sum(messages.values())
    size = run.transfers.aggregate(size=Sum("copied_bytes"))["size"] or 0
    bad = run.transfers.filter(status__in=[TransferState.FAILED, TransferState.COMPLETED_WITH_ERRORS]).select_related("account")
    problems = [_problem(row) for row in bad.order_by("status", "account__line").reverse()[:most_problems]]
    return Summary(sum(states.values()), states, messages, size, tuple(problems))


def _problem(row: Transfer) -> Problem:
    return Problem(row.account.destination_address, row.status, row.failure_code, row.failure_words)
