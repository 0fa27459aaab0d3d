"""Accounts that fail in the same way, as one group: of a run, or of the check of a draft. One query each.

Two accounts are in the same group when the same side has the same failure, and both either failed or are tried again by
themselves. The words of servers are counted without what is an account's own in them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trasloco.records.account_lines import troubled
from trasloco.records.models import CheckState, LoginCheck, MailMigration, Run, Transfer, TransferState
from trasloco.records.overviews import current_run

MOST_WORDINGS = 5

_SAYS = re.compile(r"\bsays “(.*)”", re.DOTALL)


class Kind(StrEnum):
    """failed: nobody tries again. again: tried again by itself. errors: it came to its end, but messages or folders were refused.
    check: of a draft, its login does not work."""

    FAILED = "failed"
    AGAIN = "again"
    ERRORS = "errors"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Member:
    """One account of a group. said: the server's words, or the whole sentence where it quotes none."""

    pk: int
    address: str
    said: str


@dataclass(frozen=True, slots=True)
class Wording:
    """Words of servers, and how many accounts got them."""

    words: str
    count: int


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """code: "" where single messages were refused. side: of ``engine.failure.SideName``, "" where there is none. members: in the
    order of the CSV. next_try: of those that are tried again, the first one's hour; None when it is not known."""

    kind: Kind
    side: str
    code: str
    members: tuple[Member, ...]
    next_try: datetime | None = None

    @property
    def key(self) -> str:
        """In addresses of pages; the same as long as there is the group."""
        return _key(self.kind, self.side, self.code)

    @property
    def count(self) -> int:
        return len(self.members)

    @property
    def wordings(self) -> list[Wording]:
        """The most frequent first, at most ``MOST_WORDINGS``."""
        counts = Counter(member.said for member in self.members if member.said)
        return [Wording(words, count) for words, count in counts.most_common(MOST_WORDINGS)]

    @property
    def more_wordings(self) -> int:
        """Different words that ``wordings`` has not."""
        return max(0, len({member.said for member in self.members if member.said}) - MOST_WORDINGS)

    @property
    def accounts(self) -> list[int]:
        """Their ids."""
        return [member.pk for member in self.members]


_KINDS = {TransferState.FAILED.value: Kind.FAILED, TransferState.WAITING.value: Kind.AGAIN}
_COLUMNS = ("status", "failure_side", "failure_code", "failure_words", "not_before")
_ACCOUNT = ("account_id", "account__destination_address", "account__login")


def run_groups(run: Run | None) -> list[FailureGroup]:
    """What is wrong in a run: what failed before what has errors before what is tried again, each time the largest group first."""
    rows = troubled(run).order_by("account__line", "pk").values_list(*_COLUMNS, *_ACCOUNT)
    members: dict[tuple[Kind, str, str], list[Member]] = {}
    hours: dict[tuple[Kind, str, str], datetime] = {}
    for status, side, code, words, not_before, pk, address, login in rows:
        key = (_KINDS.get(status, Kind.ERRORS), side, code)
        members.setdefault(key, []).append(Member(pk, address, server_words(words, address, login)))
        if not_before is not None:
            hours[key] = min(not_before, hours.get(key, not_before))
    return _sorted(FailureGroup(*key, tuple(found), hours.get(key) if key[0] is Kind.AGAIN else None) for key, found in members.items())


def check_groups(migration: MailMigration) -> list[FailureGroup]:
    """What is wrong with the logins of a draft, the largest group first. An account both of whose sides fail stands with the old server."""
    failed = LoginCheck.objects.filter(account__migration=migration, account__left_out=False, state=CheckState.FAILED)
    rows = failed.order_by("account__line", "account_id").values_list("source", "destination", *_ACCOUNT)
    members: dict[tuple[Kind, str, str], list[Member]] = {}
    for source, destination, pk, address, login in rows:
        side, result = ("source", source) if source.get("code") else ("destination", destination)
        key = (Kind.CHECK, side, result.get("code", ""))
        members.setdefault(key, []).append(Member(pk, address, server_words(result.get("words", ""), address, login)))
    return _sorted(FailureGroup(*key, tuple(found)) for key, found in members.items())


def groups_of(migration: MailMigration) -> list[FailureGroup]:
    """Of the check while it is a draft, else of the run under way or the last one."""
    if migration.planned_at is None and migration.customer is not None:
        return check_groups(migration)
    return run_groups(current_run(migration))


def group_key(transfer: Transfer) -> str:
    """Of the group that an account is in by this transfer, "" for none."""
    if transfer.status in (TransferState.FAILED, TransferState.COMPLETED_WITH_ERRORS) or (
        transfer.status == TransferState.WAITING and transfer.attempts
    ):
        return _key(_KINDS.get(transfer.status, Kind.ERRORS), transfer.failure_side, transfer.failure_code)
    return ""


def _key(kind: Kind, side: str, code: str) -> str:
    return f"{kind}-{side}-{code}"


def server_words(words: str, address: str, login: str) -> str:
    """What of a failure's words the server said: what stands in quotation marks after "says", else all of it. The account's own
    address and login become "…", so that the same words of two accounts are the same."""
    quoted = _SAYS.search(words)
    found = quoted[1] if quoted else words
    for own in sorted({address, login}, key=len, reverse=True):
        if "@" in own:  # a bare name may be a word of the sentence
            found = re.sub(re.escape(own), "…", found, flags=re.IGNORECASE)
    return found


def _sorted(groups: Iterable[FailureGroup]) -> list[FailureGroup]:
    order = (Kind.FAILED, Kind.CHECK, Kind.ERRORS, Kind.AGAIN)
    return sorted(groups, key=lambda group: (order.index(group.kind), -group.count, group.code))
