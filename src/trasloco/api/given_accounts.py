"""A list of accounts as the API takes it: the text of a CSV, or accounts as JSON. Either way it is read by ``panel.csv_upload``,
so that both are checked line by line as what is uploaded in the panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.http import QueryDict
from pydantic import Field

from trasloco.api.given import Flag, Given, Line, Text
from trasloco.api.problem import LineProblem, Refused, line_problem
from trasloco.panel.csv_upload import CsvUpload
from trasloco.plan.line import is_header
from trasloco.plan.problems import Problem
from trasloco.records.models import MailMigration
from trasloco.records.once_more import row_problems
from trasloco.records.rights import Viewer

MOST_ACCOUNTS = 5000  # the most that a customer's limit can be
_HEADER = "destination;server;login;password"


class GivenAccount(Given):
    """One account; the fields of a line of the CSV."""

    destination: Line = Field(description="Address of the new mailbox.", examples=["anna@example.net"])
    server: Line = Field("", description="Name or address of the old server, with :port if it is not the usual one; empty: to be found.")
    login: Line = Field(description="On the old server.")
    password: Line = Field(
        "", description="Of the login, or of the master user; empty: by OAuth token.", json_schema_extra={"writeOnly": True}
    )
    master: Line = Field("", description="Name of the master user, where one opens all mailboxes.")
    destination_password: Line = Field(
        "", description="Of the new mailbox, where each has one of its own.", json_schema_extra={"writeOnly": True}
    )


class GivenAccounts(Given):
    """``csv`` or ``accounts``, not both."""

    csv: Text | None = Field(None, description="Lines destination;server;login;password[;master], as in docs/csv.md.")
    accounts: list[GivenAccount] | None = Field(None, max_length=MOST_ACCOUNTS)
    mailbox_passwords: Text = Field("", description="Lines address;password, where each new mailbox has one of its own.")
    oauth: Text = Field("", description="OAuth credentials for accounts without a password, as in docs/oauth.md.")
    keep_oauth: Flag = Field(False, description="The customer keeps these credentials for his next migrations, too.")

    @property
    def there(self) -> bool:
        return self.csv is not None or self.accounts is not None


def read_accounts(viewer: Viewer, migration: MailMigration, given: GivenAccounts, *, once_more: bool = False) -> CsvUpload:
    """A faultless list. once_more: for one more run of the same accounts. Raises ``Refused`` with all that is wrong."""
    if given.csv is not None and given.accounts is not None:
        raise Refused(422, "two-lists", "Give either csv or accounts, not both.", fields={"accounts": ["There is a csv, too."]})
    text, passwords, before = given.csv or "", given.mailbox_passwords, 0
    if given.accounts is not None:
        lines = [_line(account) for account in given.accounts]
        before = 1 if lines and is_header(lines[0]) else 0  # it would be skipped as one
        text = "".join(f"{line}\r\n" for line in ([_HEADER] if before else []) + lines)
        own = (account for account in given.accounts if account.destination_password)
        passwords += "".join(f"\r\n{_quoted(account.destination)};{_quoted(account.destination_password)}" for account in own)
    typed = QueryDict(mutable=True)
    typed.update({"text": text, "passwords": passwords, "oauth": given.oauth, "keep_oauth": "on" if given.keep_oauth else ""})
    upload = CsvUpload.read(viewer, migration, typed, None)
    if once_more:
        upload = replace(upload, problems=[*upload.problems, *row_problems(migration, upload.rows)])
    if upload.problems or not upload.rows:
        raise Refused(422, "accounts-not-accepted", _detail(upload.problems), problems=line_problems(upload.problems, before))
    return upload


def line_problems(problems: Sequence[Problem], before: int = 0) -> list[LineProblem]:
    """In the order of the lines."""
    return [line_problem(problem, before) for problem in sorted(problems, key=lambda problem: problem.order)]


def _detail(problems: Sequence[Problem]) -> str:
    lines = len({problem.line for problem in problems if problem.line is not None})
    return f"There are problems on {lines} of the lines; nothing was kept. Correct what “problems” says, and send the whole list again."


def _line(account: GivenAccount) -> str:
    fields = [account.destination, account.server, account.login, account.password, *([account.master] if account.master else [])]
    return ";".join(_quoted(field) for field in fields)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
