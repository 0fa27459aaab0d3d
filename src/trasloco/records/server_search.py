"""Finding the servers of a draft's lines: which lines want it, what was found for their domains, and taking it. A search is
for one domain of old addresses; nothing of what was found is in a line before somebody takes it.

A stored password goes only where it was given for. The line's old domain stands for that where no server does: taking
what was found for this very domain keeps the password, and ``drafts`` asks for it again when a login changes its domain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from trasloco.imap.endpoint import Security
from trasloco.plan.endpoints import source_endpoint
from trasloco.plan.old_address import old_address
from trasloco.records.admissible import domain_of
from trasloco.records.drafts import locked, move_to_server
from trasloco.records.history import Actor, note
from trasloco.records.models import Account, CheckState, MailMigration, ServerSearch

UNREACHABLE = frozenset(
    {
        "unknown-host",
        "host-not-looked-up",
        "connection-refused",
        "connection-timeout",
        "host-unreachable",
        "not-imap",
        "tls-failed",
        "starttls-missing",
        "certificate-wrong-name",
    }
)
"""Codes of failed checks that another server may put right."""

UNDER_WAY = (CheckState.WAITING, CheckState.RUNNING)
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was found for one domain. accounts: of the draft whose server would become this one. addresses: the first few.
    refused: why it cannot be taken, "" = it can: "plain" (the draft is without TLS), "port" (no line of a CSV can say it)."""

    search: ServerSearch
    accounts: int
    addresses: tuple[str, ...]
    refused: str = ""

    @property
    def found(self) -> bool:
        return self.search.state == CheckState.OK


@dataclass(frozen=True, slots=True)
class ServersSought:
    """missing: accounts without a server. unreachable: those whose server cannot be reached. proposals: of searches that have ended,
    as far as an account still wants them. done, all: searches, while one is under way."""

    missing: int
    unreachable: int
    proposals: Sequence[Proposal]
    done: int
    all: int

    @property
    def searching(self) -> bool:
        return self.done < self.all

    @property
    def takeable(self) -> int:
        """Accounts that would get a server at once."""
        return sum(item.accounts for item in self.proposals if item.found and not item.refused)


def old_domain(account: Account) -> str:
    """The domain that leads to the account's old server."""
    return domain_of(old_address(account.login, account.destination_address))


def servers_sought(draft: MailMigration) -> ServersSought:
    """What the step "check" shows of it."""
    wanting = _wanting(draft)
    searches = list(ServerSearch.objects.filter(migration=draft).order_by("domain"))
    proposals = []
    for search in searches:
        accounts = [account for account in wanting.get(search.domain, ()) if not _has(account, search)]
        if accounts and search.state not in UNDER_WAY:
            names = tuple(account.destination_address for account in accounts[:MOST_NAMED])
            proposals.append(Proposal(search, len(accounts), names, _refused(draft, search)))
    everyone = [account for accounts in wanting.values() for account in accounts]
    missing = sum(1 for account in everyone if not account.source_host)
    done = sum(1 for search in searches if search.state not in UNDER_WAY)
    return ServersSought(missing, len(everyone) - missing, proposals, done, len(searches))


def seek_servers(actor: Actor, migration: MailMigration) -> int:
    """Write down which domains are to be looked for, those that were looked for before once more; returns how many wait now.
    In the caller's transaction, with the job that does it. Raises ``NotADraft``."""
    draft = locked(migration)
    searches = ServerSearch.objects.filter(migration=draft)
    searches.exclude(state__in=UNDER_WAY).delete()
    known = set(searches.values_list("domain", flat=True))
    fresh = [
        ServerSearch(migration=draft, domain=domain, address=old_address(accounts[0].login, accounts[0].destination_address))
        for domain, accounts in _wanting(draft).items()
        if domain not in known
    ]
    ServerSearch.objects.bulk_create(fresh)
    if fresh:
        note(actor, "servers-sought", migration=draft, domains=len(fresh))
    return len(known) + len(fresh)


@transaction.atomic
def take_servers(actor: Actor, migration: MailMigration, domain: str | None = None) -> tuple[int, int]:
    """The accounts that want it get the server that was found, of one domain or of all; their logins are to be checked again.
    Returns how many did, and how many did not since another account has the same login there. Raises ``NotADraft``."""
    draft = locked(migration)
    found = ServerSearch.objects.filter(migration=draft, state=CheckState.OK)
    if domain is not None:
        found = found.filter(domain=domain)
    wanting, taken, twice = _wanting(draft), 0, 0
    for search in found.order_by("domain"):
        if _refused(draft, search):
            continue
        for account in wanting.get(search.domain, ()):
            if _has(account, search):
                continue
            if draft.accounts.filter(login=account.login, source_host__iexact=search.host).exclude(pk=account.pk).exists():
                twice += 1
                continue
            move_to_server(draft, account, search.host, search.port)
            taken += 1
    if taken:
        note(actor, "servers-taken", domain or "", migration=draft, accounts=taken)
    return taken, twice


def claim_searches(migration_id: int) -> tuple[list[ServerSearch], bool]:
    """For the worker: the searches that wait, or were left under way by a worker that died; and whether private addresses are allowed."""
    migration = MailMigration.objects.filter(pk=migration_id, planned_at=None, deleting_at=None).first()
    if migration is None:
        return [], False
    searches = ServerSearch.objects.filter(migration=migration, state__in=UNDER_WAY)
    searches.update(state=CheckState.RUNNING)
    return list(searches.order_by("domain")), migration.allow_private_addresses


def keep_search(search: ServerSearch, values: dict[str, Any]) -> None:
    """For the worker: what came of it; nothing when it was begun anew meanwhile."""
    ServerSearch.objects.filter(pk=search.pk, state=CheckState.RUNNING).update(**values)


def _wanting(draft: MailMigration) -> dict[str, list[Account]]:
    """By old domain, the accounts without a server or with one that cannot be reached, in the order of the CSV."""
    found: dict[str, list[Account]] = defaultdict(list)
    accounts: Iterable[Any] = draft.accounts.filter(left_out=False).select_related("check_result").order_by("line")
    for account in accounts:
        check = getattr(account, "check_result", None)
        if not account.source_host or (check and check.state == CheckState.FAILED and check.source.get("code") in UNREACHABLE):
            found[old_domain(account)].append(account)
    return found


def _has(account: Account, search: ServerSearch) -> bool:
    """Is that the server the account has already?"""
    return bool(search.host) and (account.source_host.lower(), account.source_port) == (search.host.lower(), search.port)


def _refused(draft: MailMigration, search: ServerSearch) -> str:
    if search.state != CheckState.OK:
        return ""
    if draft.source_tls == "off":
        return "plain"
    wanted = Security.STARTTLS if search.starttls else Security.IMPLICIT
    endpoint = source_endpoint(search.host, search.port, tls=draft.source_tls, starttls=False)
    return "" if endpoint.security is wanted else "port"
