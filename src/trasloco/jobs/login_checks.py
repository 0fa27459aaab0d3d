"""The check of a migration's logins: both sides of each account, results written as they come.

One job looks at all accounts that wait; an account that is corrected meanwhile has a job of its own, so that
nobody waits for 500 others. The cap of a host holds over all checks of this process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from trasloco.engine.account import Side
from trasloco.engine.failure import Failure, SideName
from trasloco.engine.logins import PER_HOST, Attempt, HostGates, Tried, try_logins
from trasloco.engine.master_memory import MasterMemory
from trasloco.engine.probe import Probe
from trasloco.engine.room import UNIT
from trasloco.imap.endpoint import Trust
from trasloco.jobs.corrected_logins import retry_corrected
from trasloco.jobs.database_thread import in_thread
from trasloco.jobs.letters import write_letters
from trasloco.plan.providers import providers
from trasloco.records.actions import clean, pin_source
from trasloco.records.drafts import vault
from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.models import Account, CheckState, DestinationLogin, LoginCheck, MailKind, MailMigration
from trasloco.records.sides import sides
from trasloco.records.systems import give_destination
from trasloco.sentence import sentence as _
from trasloco.sources.tokens import TokenSources

_NO_SYSTEM = _("None of the domains has a destination system any more. Ask the operator.")
_OUR_MISTAKE = _("Trasloco: the check ended by a mistake of ours; the log of the service says more. Try again.")


@dataclass(slots=True)
class _Open:
    """An account under way. check, ticket: of the check it was begun for."""

    account: Account
    check: int
    ticket: int
    attempts: list[Attempt]
    found: dict[SideName, Probe] = field(default_factory=dict)


async def check_migration(migration_id: int, account_id: int | None, ring: KeyRing, gates: HostGates) -> None:
    """Try every account whose check waits, or was left running by a worker that died. account_id: only this one."""
    migration, opened = await in_thread(_begin, migration_id, account_id, ring)
    if migration is None:
        return
    results: asyncio.Queue[Tried | None] = asyncio.Queue()
    writer = asyncio.create_task(_write(results, {entry.account.pk: entry for entry in opened}))
    attempts = [attempt for entry in opened for attempt in entry.attempts]
    per_host = min(PER_HOST, providers()[migration.source_type].connections_per_host)
    try:
        try:
            await try_logins(
                attempts, allow_private=migration.allow_private_addresses, told=results.put_nowait, per_host=per_host, gates=gates
            )
        finally:
            results.put_nowait(None)
            await writer
    except Exception:
        await in_thread(_give_up, opened)
        raise
    if migration.planned_at is not None:
        await in_thread(retry_corrected, migration)
    elif account_id is None and len(opened) > 1:  # one that was corrected in place is looked at by the person who did it
        await in_thread(_tell_problems, migration)


async def _write(results: asyncio.Queue[Tried | None], by_account: dict[int, _Open]) -> None:
    while (tried := await results.get()) is not None:
        assert tried.attempt.line is not None
        entry = by_account[tried.attempt.line]
        entry.found[tried.attempt.side.name] = tried.probe
        await in_thread(_keep, entry)


def _begin(migration_id: int, account_id: int | None, ring: KeyRing) -> tuple[MailMigration | None, list[_Open]]:
    """The accounts to try, with both sides; those whose secrets cannot be read have failed already."""
    with transaction.atomic():
        migration = MailMigration.objects.select_for_update(of=("self",)).filter(pk=migration_id, deleting_at=None).first()
        if migration is None:
            return None, []
        waiting = LoginCheck.objects.filter(account__migration=migration, state__in=[CheckState.WAITING, CheckState.RUNNING])
        if account_id is not None:
            waiting = waiting.filter(account_id=account_id)
        if migration.destination_system is None:
            for check in waiting:
                _fail(check, "destination", "no-destination", _NO_SYSTEM)
            return None, []
        if migration.planned_at is None:
            give_destination(migration, migration.destination_system, ring, vault(migration, ring))
            migration.save(update_fields=["destination", "destination_secret", "wrapped_key", "key_id"])
        waiting.update(state=CheckState.RUNNING, ticket=F("ticket") + 1, started_at=timezone.now(), ended_at=None)
        opened, memory, tokens = [], MasterMemory(), TokenSources()
        for check in waiting.select_related("account").order_by("account__line"):
            check.account.migration = migration
            try:
                attempts = _attempts(check.account, *sides(check.account, ring, memory, tokens))
                opened.append(_Open(check.account, check.pk, check.ticket, attempts))
            except KeyProblem as error:
                _fail(check, "destination" if check.account.source_secret else "source", "password-not-readable", str(error))
        return migration, opened


def _attempts(account: Account, source: Side, destination: Side) -> list[Attempt]:
    shared = account.migration.destination["form"] != DestinationLogin.PASSWORD
    limit = int(account.migration.settings.get("max_size") or 0) or None
    return [
        Attempt(account.pk, account.destination_address, source, master=account.master, larger=limit),
        Attempt(account.pk, account.destination_address, destination, free=True, master="master" if shared else ""),
    ]


def _keep(entry: _Open) -> None:
    """Write what is known so far; nothing when the check was asked for anew meanwhile, or its line was changed."""
    found = _still(entry)
    values: dict[str, Any] = {side.value: _shape(probe) for side, probe in entry.found.items()}
    source, destination = entry.found.get(SideName.SOURCE), entry.found.get(SideName.DESTINATION)
    if source is not None and source.failure is None:
        values |= {"folders": source.folders, "messages": source.messages, "size": source.size, "too_large": source.too_large}
    if destination is not None and destination.failure is None:
        values["room"] = _room(destination, "STORAGE", UNIT)
    if source is not None and destination is not None:
        well = source.failure is None and destination.failure is None
        values |= {"state": CheckState.OK if well else CheckState.FAILED, "ended_at": timezone.now()}
        if well:
            values["warnings"] = _warnings(source, destination)
    if found.update(**values) and source is not None and entry.account.source_trust == Trust.PIN:
        pin_source(entry.account.pk, None, source.facts.get("fingerprint"))


def _still(entry: _Open) -> Any:
    return LoginCheck.objects.filter(pk=entry.check, ticket=entry.ticket, state=CheckState.RUNNING)


def _give_up(opened: Sequence[_Open]) -> None:
    """What a mistake of ours left unfinished has failed: otherwise people would wait for it for ever."""
    result = {"ok": False, "code": "internal-error", "words": _OUR_MISTAKE, "server": ""}
    for entry in opened:
        _still(entry).update(state=CheckState.FAILED, ended_at=timezone.now(), source=result)


def _tell_problems(migration: MailMigration) -> None:
    """One mail about all logins that do not work; a check of 500 takes longer than people sit before the page."""
    failed = LoginCheck.objects.filter(account__migration=migration, state=CheckState.FAILED, account__left_out=False)
    problems = [
        {"address": check.account.destination_address, "words": words, "code": code}
        for check in failed.select_related("account").order_by("account__line")[:100]
        for words, code in [_first_words(check)]
    ]
    if not problems:
        return
    with transaction.atomic():
        if MailMigration.objects.select_for_update(of=("self",)).filter(pk=migration.pk, deleting_at=None).exists():
            write_letters(MailKind.LOGIN_PROBLEMS, migration, {"problems": problems})


def _first_words(check: LoginCheck) -> tuple[str, str]:
    """What failed first, and its code: the source is looked at before the destination."""
    found = check.source if check.source.get("words") else check.destination
    return found.get("words") or "", found.get("code") or ""


def _fail(check: LoginCheck, side: str, code: str, words: str) -> None:
    result = {"ok": False, "code": code, "words": words, "server": ""}
    LoginCheck.objects.filter(pk=check.pk).update(state=CheckState.FAILED, ended_at=timezone.now(), **{side: result})


def _shape(probe: Probe) -> dict[str, Any]:
    failure: Failure | None = probe.failure
    return {
        "ok": failure is None,
        "code": failure.code if failure else "",
        "words": clean(failure.words) if failure else "",
        "server": clean(probe.facts.get("server", ""))[:200],
    }


def _warnings(source: Probe, destination: Probe) -> list[str]:
    """room: more bytes than are free; messages-room: more messages than may be added (QUOTA, RFC 9208)."""
    warnings = []
    room, places = _room(destination, "STORAGE", UNIT), _room(destination, "MESSAGE", 1)
    if room is not None and source.size is not None and source.size > room:
        warnings.append("room")
    if places is not None and source.messages is not None and source.messages > places:
        warnings.append("messages-room")
    return warnings


def _room(probe: Probe, resource: str, unit: int) -> int | None:
    free = [max(0, quota.limit - quota.usage) * unit for quota in probe.quotas if quota.resource.upper() == resource]
    return min(free) if free else None
