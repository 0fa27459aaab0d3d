"""Migrations, runs and accounts as the API shows them. Never a password: what is stored is not even asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, time
from typing import Any

from django.db.models import Count
from ninja import Schema
from pydantic import Field

from trasloco.records.account_lines import AccountLine
from trasloco.records.diagnosis import diagnosis
from trasloco.records.models import Account, CheckState, MailMigration, Transfer
from trasloco.records.overviews import RunLine, run_lines
from trasloco.records.stages import with_stage


class Named(Schema):
    id: int
    name: str


class RunShown(Schema):
    """done, expected: messages. bytes, expected_bytes: of their bodies."""

    number: int
    status: str = Field(description="planned, waiting, running, completed, completed_with_errors, failed or stopped.")
    due_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    accounts: dict[str, int] = Field(description="How many accounts are in which state.")
    done: int
    expected: int
    bytes: int
    expected_bytes: int


class MigrationShown(Schema):
    code: str
    stage: str = Field(description="draft, planned, running, between, stopped, completed, completed_with_errors or failed.")
    customer: Named | None = Field(description="null of a migration of the command line.")
    asked_by: str
    source_type: str
    source_tls: str
    gmail: list[str]
    domains: list[str]
    destination: str | None = Field(description="Name of the destination system.")
    created_at: datetime
    planned_at: datetime | None
    first_run_at: datetime | None = Field(description="null: as soon as possible.")
    second_run_hours: float | None
    time_zone: str
    window_start: time | None
    window_end: time | None
    recipients: list[str]
    newest_first: bool = Field(description="INBOX and Sent before all other folders, and what came last first.")
    verification: str
    keep_until: datetime | None = Field(description="When it is removed with everything that belongs to it.")
    accounts: int = Field(description="How many there are.")
    has_passwords: bool
    runs: list[RunShown]


class Trouble(Schema):
    """Why something does not work. words: of the server; title and remedy: what it means and what to do now."""

    side: str
    code: str
    words: str
    title: str
    remedy: str


class CheckSide(Schema):
    ok: bool
    code: str
    words: str
    server: str


class CheckShown(Schema):
    """What came of trying both logins. messages, bytes: on the source; room: free bytes on the destination; null = not known."""

    state: str = Field(description="waiting, running, ok or failed.")
    source: CheckSide | None
    destination: CheckSide | None
    folders: int | None
    messages: int | None
    bytes: int | None
    too_large: int | None = Field(description="Messages above the limit; they are left out and listed.")
    room: int | None
    warnings: list[str]
    troubles: list[Trouble]


class TransferShown(Schema):
    """One account in one run. words: of the server, where it failed."""

    run: int
    status: str
    folder: str = Field(description="That it is in now.")
    done: int
    expected: int
    bytes: int
    expected_bytes: int | None = Field(description="null: the server does not tell.")
    attempts: int
    not_before: datetime | None = Field(description="When it is tried again.")
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float
    trouble: Trouble | None


class AccountShown(Schema):
    id: int
    line: int
    destination: str
    server: str = Field(description="Empty: still to be found.")
    port: int
    login: str
    master: str
    left_out: bool


class WaitShown(Schema):
    """wanted: mailbox, source, destination, customer, all or worker: what has no place free. used of most are taken, of unit: transfers or
    connections; large: they are those for large accounts. host: of source and destination."""

    wanted: str
    host: str
    unit: str
    used: int
    most: int
    large: bool


class AccountListed(AccountShown):
    """state: in the current run; planned or left-out where it is in none. refused, skipped: messages."""

    state: str
    states: dict[str, str] = Field(description="By number of the run.")
    refused: int
    skipped: int
    trouble: Trouble | None
    waits_for: WaitShown | None = Field(description="Of an account that could begin by its hour.")
    transfer: TransferShown | None = Field(description="In the current run.")
    check: CheckShown | None


class AccountDetail(AccountShown):
    check: CheckShown | None
    transfers: list[TransferShown]
    verification: dict[str, Any] | None = Field(description="What the newest one found, as in the JSON report.")


def shown_migrations(migrations: Sequence[MailMigration]) -> list[dict[str, Any]]:
    """A few queries for all of them."""
    staged: Any = with_stage(MailMigration.objects.filter(pk__in=[each.pk for each in migrations]))  # its annotation is not a field
    stages = dict(staged.values_list("pk", "stage"))
    runs = run_lines(migrations)
    counts = dict(MailMigration.objects.filter(pk__in=stages).order_by().values_list("pk").annotate(count=Count("accounts")))
    return [{**_migration(each, stages[each.pk], runs.get(each.pk, ())), "accounts": counts[each.pk]} for each in migrations]


def shown_migration(migration: MailMigration) -> dict[str, Any]:
    """As it stands now, whatever the caller has read before."""
    fresh = MailMigration.objects.select_related("customer", "destination_system").get(pk=migration.pk)
    return shown_migrations([fresh])[0]


def shown_account(account: Account) -> dict[str, Any]:
    return {
        "id": account.pk,
        "line": account.line,
        "destination": account.destination_address,
        "server": account.source_host,
        "port": account.source_port,
        "login": account.login,
        "master": account.master,
        "left_out": account.left_out,
    }


def listed_account(line: AccountLine) -> dict[str, Any]:
    return {
        **shown_account(line.account),
        "state": line.state,
        "states": {str(number): state for number, state in line.states.items()},
        "refused": line.refused,
        "skipped": line.skipped,
        "trouble": _transfer_trouble(line.transfer) if line.transfer else None,
        "waits_for": asdict(line.wait) if line.wait else None,
        "transfer": shown_transfer(line.transfer) if line.transfer else None,
        "check": shown_check(line.account),
    }


def shown_transfer(transfer: Transfer) -> dict[str, Any]:
    return {
        "run": transfer.run.number,
        "status": transfer.status,
        "folder": transfer.folder,
        "done": transfer.done_messages,
        "expected": transfer.expected_messages,
        "bytes": transfer.copied_bytes,
        "expected_bytes": transfer.expected_bytes,
        "attempts": transfer.attempts,
        "not_before": transfer.not_before,
        "started_at": transfer.started_at,
        "ended_at": transfer.ended_at,
        "seconds": transfer.seconds,
        "trouble": _transfer_trouble(transfer),
    }


def shown_check(account: Account) -> dict[str, Any] | None:
    """None while it was not looked at."""
    check = getattr(account, "check_result", None)
    if check is None:
        return None
    sides = (("source", check.source), ("destination", check.destination))
    failed = [(side, result) for side, result in sides if result and not result["ok"]]
    return {
        "state": CheckState(check.state).value,
        "source": check.source or None,
        "destination": check.destination or None,
        "folders": check.folders,
        "messages": check.messages,
        "bytes": check.size,
        "too_large": check.too_large,
        "room": check.room,
        "warnings": check.warnings,
        "troubles": [
            _trouble(side, result["code"], result["words"], account.migration.source_type if side == "source" else "")
            for side, result in failed
        ],
    }


def _migration(migration: MailMigration, stage: str, runs: Iterable[RunLine]) -> dict[str, Any]:
    customer, minutes = migration.customer, migration.second_run_minutes
    columns = ("code", "source_type", "source_tls", "domains", "created_at", "planned_at", "first_run_at", "time_zone")
    more = ("window_start", "window_end", "recipients", "verification", "keep_until")
    return {
        **{name: getattr(migration, name) for name in (*columns, *more)},
        "stage": stage,
        "customer": {"id": customer.pk, "name": customer.name} if customer else None,
        "asked_by": migration.asked_by_name,
        "gmail": migration.settings.get("gmail", []),
        "newest_first": migration.settings.get("newest_first", False),
        "destination": migration.destination_system.name if migration.destination_system else None,
        "second_run_hours": None if minutes is None else minutes / 60,
        "has_passwords": migration.wrapped_key is not None,
        "runs": [_run(line) for line in runs],
    }


def _run(line: RunLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "status": line.status,
        "due_at": line.due_at,
        "started_at": line.started_at,
        "ended_at": line.ended_at,
        "accounts": line.states,
        "done": line.done or 0,
        "expected": line.expected or 0,
        "bytes": line.copied_bytes or 0,
        "expected_bytes": line.expected_bytes or 0,
    }


def _transfer_trouble(transfer: Transfer) -> dict[str, Any] | None:
    if not transfer.failure_code:
        return None
    return _trouble(transfer.failure_side, transfer.failure_code, transfer.failure_words)


def _trouble(side: str, code: str, words: str, source_type: str = "") -> dict[str, Any]:
    advice = diagnosis(code, source_type)
    return {"side": side, "code": code, "words": words, "title": str(advice.title), "remedy": str(advice.remedy)}
