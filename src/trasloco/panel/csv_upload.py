"""What came in by upload or paste: rows or problems, in memory only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from django.http import QueryDict

from trasloco.panel.upload import MOST_BYTES
from trasloco.plan.csv_text import write_rows
from trasloco.plan.encoding import decode
from trasloco.plan.endpoints import speech_of, usual_port
from trasloco.plan.mailbox_passwords import read_passwords
from trasloco.plan.masking import masked
from trasloco.plan.old_address import old_address
from trasloco.plan.problems import Problem
from trasloco.plan.providers import providers
from trasloco.plan.table import Row, physical_lines, read
from trasloco.records.admissible import address_problems, domain_of
from trasloco.records.customer_credentials import usable_credentials
from trasloco.records.drafts import KEPT, own_passwords
from trasloco.records.limits import Limits
from trasloco.records.models import Account, MailMigration
from trasloco.records.oauth_credentials import read_credentials
from trasloco.records.rights import Viewer
from trasloco.records.server_search import old_domain
from trasloco.secret import Secret
from trasloco.sentence import sentence as _
from trasloco.sentence import sentence_of as ngettext

_TOKENS_ONLY = Problem(
    None,
    "",
    "oauth-missing",
    _("Microsoft 365 takes no passwords by IMAP any more, app passwords included."),
    _("Give OAuth credentials below, and leave the password of each line empty."),
)

MOST_SHOWN = 200
"""Lines with problems on one page; who has more corrects these first."""


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """number: of the line, None for what is wrong with the whole. text: the line, its password masked."""

    number: int | None
    text: str
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class CsvUpload:
    """rows: of a faultless file. passwords: of the destination, by casefolded address. typed: text and passwords as
    they came, to be shown again until they are accepted; the text of a file that is text at all, too. oauth: of
    ``OauthSettings.as_secret``, None when none were given."""

    rows: Sequence[Row] = ()
    problems: Sequence[Problem] = ()
    warnings: Sequence[Problem] = ()
    passwords: Mapping[str, Secret] = field(default_factory=dict)
    typed: QueryDict = field(default_factory=QueryDict)
    oauth: Secret | None = None

    @property
    def lines(self) -> list[ProblemLine]:
        """Problems beside their lines, in the order of the file; that there are too many of them stands above all."""
        return problem_lines(self.problems, str(self.typed.get("text", "")))

    @property
    def more(self) -> int:
        """Lines with problems that ``lines`` does not have."""
        return max(0, len({problem.line for problem in self.problems}) - MOST_SHOWN)

    @classmethod
    def read(cls, viewer: Viewer, migration: MailMigration, given: QueryDict, file: IO[bytes] | None) -> CsvUpload:
        """given: "text" and "passwords" of the form. A file, where one was chosen, comes before the text."""
        assert migration.customer is not None
        text, mailbox_passwords, oauth_text = (str(given.get(name, "")) for name in ("text", "passwords", "oauth"))
        data = file.read(MOST_BYTES + 1) if file else text.encode("utf-8", "replace")
        if file:
            text = decode(data).text.replace("\0", "\ufffd") or text
        typed = QueryDict(mutable=True)
        typed.update({"text": text, "passwords": mailbox_passwords, "oauth": oauth_text, "keep_oauth": str(given.get("keep_oauth", ""))})
        if max(len(data), len(mailbox_passwords), len(oauth_text)) > MOST_BYTES:
            return cls(problems=(too_large(),))
        oauth, oauth_problems = read_credentials(oauth_text)
        kept = usable_credentials(viewer, migration)
        by_token = oauth is not None or migration.source_oauth is not None or kept is not None
        server = providers()[migration.source_type].server
        to_find = migration.planned_at is None
        table = read(data, max_lines=Limits.of(migration.customer).lines, by_token=by_token, server=server, to_find=to_find)
        passwords, wrong = read_passwords(mailbox_passwords)
        problems = [
            *table.problems,
            *address_problems(viewer, migration.customer, migration, table.rows),
            *_stored_problems(migration, table.rows),
            *wrong,
            *oauth_problems,
            *(() if by_token or oauth_problems or migration.source_type != "office365" else (_TOKENS_ONLY,)),
            *(_mailbox_problems(migration, table.rows, passwords) if own_passwords(migration) else ()),
        ]
        return cls(table.rows, sorted(problems, key=lambda problem: problem.order), table.warnings, passwords, typed, oauth)


def problem_lines(problems: Iterable[Problem], text: str) -> list[ProblemLine]:
    """Problems beside their lines, in their order; that there are too many lines stands above all. text: what was sent."""
    found: dict[int | None, list[Problem]] = {}
    for problem in sorted(problems, key=lambda problem: problem.code != "too-many-lines"):
        found.setdefault(problem.line, []).append(problem)
    texts = physical_lines(text)
    return [
        ProblemLine(number, masked(texts[number - 1]) if number and number <= len(texts) else "", own)
        for number, own in list(found.items())[:MOST_SHOWN]
    ]


def stored_text(migration: MailMigration, accounts: Iterable[Account] | None = None, password: str = KEPT) -> str:
    """The accounts that a migration has (or these of them), as the CSV they could be given with again; password: in the place of theirs."""
    return write_rows(
        stored_row(migration, account, password) for account in (migration.accounts.order_by("line") if accounts is None else accounts)
    )


def stored_row(migration: MailMigration, account: Account, password: str) -> Row:
    """The line of the CSV that an account came from, with this password."""
    speech = speech_of(account.source_speech)
    port = None if account.source_port == usual_port(migration.source_tls, speech) else account.source_port
    words = (account.login, Secret(password), account.master)
    return Row(account.line, account.destination_address, account.source_host, port, *words, speech)


def too_large() -> Problem:
    words = _("What was sent is larger than %(most)s MB, which no list of accounts is.", most=MOST_BYTES // 1024 // 1024)
    return Problem(None, "", "file-too-large", words, _("Choose the CSV file; nothing of this was kept."))


def _stored_problems(migration: MailMigration, rows: Sequence[Row]) -> list[Problem]:
    """Lines that want to keep a password that is not there, or that was given for another server."""
    stored = {account.destination_address: account for account in migration.accounts.all()}
    problems = []
    for row in rows:
        account = stored.get(row.destination)
        if row.password.reveal() != KEPT or (account is not None and _same_server(account, row)):
            continue
        words = _("The password of this line is not stored here.")
        if account:
            words = _("The password of this line was given for another server, or for a login in another domain.")
        remedy = _("Write the password in the place of %(dots)s.", dots=KEPT)
        problems.append(Problem(row.line, "password", "password-not-stored", words, remedy))
    return problems


def _same_server(account: Account, row: Row) -> bool:
    """The old domain counts, too: where no server is named, it leads to one."""
    domain = domain_of(old_address(row.login, row.destination))
    same = account.source_host.casefold() == row.host.casefold() and old_domain(account) == domain
    return account.source_secret is not None and same


def _mailbox_problems(migration: MailMigration, rows: Sequence[Row], given: Mapping[str, Secret]) -> list[Problem]:
    """Where each new mailbox has a password of its own: addresses without one, and passwords of nobody."""
    stored = migration.accounts.exclude(destination_secret=None).values_list("destination_address", flat=True)
    known = {address.casefold() for address in stored} | set(given)
    words = _("There is no password of the new mailbox for this address.")
    remedy = _("Add a line address;password to the passwords of the new mailboxes.")
    problems = [
        Problem(row.line, "destination", "no-mailbox-password", words, remedy) for row in rows if row.destination.casefold() not in known
    ]
    strangers = len(set(given) - {row.destination.casefold() for row in rows})
    if strangers and problems:  # an address was mistyped, most likely
        words = ngettext(
            "%(n)s of the passwords of the new mailboxes is for an address that is not in the CSV.",
            "%(n)s of the passwords of the new mailboxes are for addresses that are not in the CSV.",
            strangers,
        )
        problems.append(Problem(None, "", "mailbox-passwords", words, _("Correct the addresses, or remove those lines.")))
    return problems
