"""Other passwords for accounts whose login fails: which lines may be taken, and what is wrong with the others.

A line says whose password it is by the address of the new mailbox; server, login and master user have to be those that
are known, as only passwords are changed here. A line without a password changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from trasloco.plan.formula import without_guard
from trasloco.plan.mailbox_passwords import read_passwords
from trasloco.plan.problems import Problem
from trasloco.plan.table import Row, physical_lines
from trasloco.records.models import Account, MailMigration
from trasloco.secret import Secret
from trasloco.sentence import sentence as _

_WITHOUT = re.compile(r"[^;]*;?\s*(\"\")?\s*")
"""A line with an address and no password."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """passwords: by the id of the account. problems: of lines that cannot be taken as they are. without: lines that have no password."""

    passwords: Mapping[int, Secret] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    without: int = 0


def source_corrections(migration: MailMigration, accounts: Collection[int], rows: Sequence[Row]) -> Corrections:
    """Passwords of old mailboxes, of lines of the CSV. accounts: ids of those that may be changed."""
    known = _by_address(migration)
    passwords: dict[int, Secret] = {}
    problems, without = [], 0
    for row in rows:
        account = known.get(without_guard(row.destination).casefold())
        problem = _stranger(row.line, account, accounts) or (_changed(row, account) if account is not None else None)
        if problem is not None:
            problems.append(problem)
        elif account is not None and row.password:
            passwords[account.pk] = row.password
        else:
            without += 1
    return Corrections(passwords, problems, without)


def destination_corrections(migration: MailMigration, accounts: Collection[int], text: str) -> Corrections:
    """Passwords of new mailboxes, of lines ``address;password``."""
    known = _by_address(migration)
    lines = physical_lines(text)
    filled = ["" if _WITHOUT.fullmatch(line) else line for line in lines]
    given, wrong = read_passwords("\n".join(filled))
    passwords: dict[int, Secret] = {}
    problems = list(wrong)
    for address, password in given.items():
        account = known.get(without_guard(address))
        number = next((place for place, line in enumerate(filled, 1) if line.casefold().lstrip(' "').startswith(address)), None)
        if problem := _stranger(number, account, accounts):
            problems.append(problem)
        elif account is not None:
            passwords[account.pk] = password
    return Corrections(passwords, problems, sum(bool(line.strip()) for line in lines) - sum(bool(line.strip()) for line in filled))


def _by_address(migration: MailMigration) -> dict[str, Account]:
    return {account.destination_address.casefold(): account for account in migration.accounts.all()}


def _stranger(line: int | None, account: Account | None, accounts: Collection[int]) -> Problem | None:
    if account is None:
        words = _("This address is not one of this migration.")
    elif account.pk not in accounts:
        words = _("This account is not one of those that fail in this way.")
    else:
        return None
    return Problem(line, "destination", "not-of-these", words, _("Leave the line out."))


def _changed(row: Row, account: Account) -> Problem | None:
    """A password goes only where the one before went."""
    remedy = _("Write it as it was; only the password can be changed here.")
    if without_guard(row.login) != account.login:
        return Problem(row.line, "login", "other-login", _("This is not the login that is known of this account."), remedy)
    if row.host.casefold() != account.source_host.casefold() or row.port not in (None, account.source_port):
        return Problem(row.line, "server", "other-server", _("This is not the server that is known of this account."), remedy)
    if without_guard(row.master) != account.master:
        return Problem(row.line, "master", "other-master", _("This is not the master user that is known of this account."), remedy)
    return None
