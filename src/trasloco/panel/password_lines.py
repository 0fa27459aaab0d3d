"""The lines of some accounts without their passwords, to be filled in; and what comes back, line by line."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import IO

from django.http import QueryDict

from trasloco.panel.csv_upload import ProblemLine, problem_lines, stored_row, too_large
from trasloco.panel.upload import MOST_BYTES
from trasloco.plan.csv_text import write_rows
from trasloco.plan.encoding import decode
from trasloco.plan.formula import guarded
from trasloco.plan.problems import Problem
from trasloco.plan.providers import providers
from trasloco.plan.table import read
from trasloco.records.corrections import Corrections, destination_corrections, source_corrections
from trasloco.records.models import Account, MailMigration
from trasloco.sentence import sentence as _

MOST_LINES = 10_000


@dataclass(frozen=True, slots=True)
class PasswordUpload:
    """found: what is to be kept, with all that is wrong; nothing is kept while anything is. text: as it came, to be shown again."""

    found: Corrections = field(default_factory=Corrections)
    text: str = ""

    @property
    def problems(self) -> list[Problem]:
        return sorted(self.found.problems, key=lambda problem: problem.order)

    @property
    def lines(self) -> list[ProblemLine]:
        return problem_lines(self.problems, self.text)

    @classmethod
    def read(
        cls, migration: MailMigration, side: str, accounts: Collection[int], given: QueryDict, file: IO[bytes] | None
    ) -> PasswordUpload:
        """given: "text" of the form; a file, where one was chosen, comes before it. accounts: ids of those that may be changed."""
        data = file.read(MOST_BYTES + 1) if file else str(given.get("text", "")).encode("utf-8", "replace")
        if len(data) > MOST_BYTES:
            return cls(Corrections(problems=(too_large(),)))
        decoded = decode(data)
        text = decoded.text.replace("\0", "\ufffd")
        if side == "destination":
            wrong, found = decoded.problems, destination_corrections(migration, accounts, text)
        else:
            table = read(data, max_lines=MOST_LINES, by_token=True, server=providers()[migration.source_type].server)
            wrong, found = table.problems, source_corrections(migration, accounts, table.rows)
        found = replace(found, problems=[*wrong, *found.problems])
        if not found.passwords and not found.problems:
            found = Corrections(problems=(_nothing(),))
        return cls(found, text)


def blank_lines(migration: MailMigration, side: str, accounts: Iterable[Account]) -> str:
    """The lines of these accounts with empty passwords, as CSV text; what a spreadsheet would take for a formula is none any more."""
    if side == "destination":
        return "".join(f'{guarded(account.destination_address)};""\r\n' for account in accounts)
    rows = (stored_row(migration, account, "") for account in accounts)
    return write_rows(
        replace(row, destination=guarded(row.destination), login=guarded(row.login), master=guarded(row.master)) for row in rows
    )


def _nothing() -> Problem:
    return Problem(
        None, "", "no-password", _("There is no password in any line."), _("Write each password into its line, and send it again.")
    )
