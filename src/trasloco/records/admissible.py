"""May this mail be moved there, by this person, now? What a CSV cannot know of itself, line by line.

Words and remedies as in ``plan.problems``: nothing of the file is repeated but the domain and the code of
another migration that the person may see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q

from trasloco.plan.problems import Problem
from trasloco.plan.table import Row
from trasloco.records.limits import Limits
from trasloco.records.models import Account, Customer, DestinationSystem, Domain, MailMigration
from trasloco.records.rights import Viewer
from trasloco.records.stages import unfinished
from trasloco.records.wall import beyond
from trasloco.secret import Secret
from trasloco.sentence import sentence as _


def domain_of(address: str) -> str:
    """The domain of an address as ``Domain.name`` has it: lower case, A-labels."""
    return domain_name(address.rpartition("@")[2])


def domain_name(text: str) -> str:
    """A domain as ``Domain.name`` has it. What IDNA cannot write stays as it is, in lower case."""
    text = text.strip().strip(".").lower()
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError:
        return text


def address_problems(viewer: Viewer | None, customer: Customer, migration: MailMigration | None, rows: Sequence[Row]) -> list[Problem]:
    """Lines whose destination is not the customer's, not this person's, on another system than the others, or
    already on its way in another migration. viewer: None for the schedule, which is confined to nothing and sees
    no codes. migration: the draft itself, whose own accounts do not count."""
    domains = {domain.name: domain for domain in Domain.objects.filter(customer=customer).select_related("destination_system")}
    problems: list[Problem] = []
    kept: list[tuple[Row, DestinationSystem]] = []
    for row in rows:
        name = domain_of(row.destination)
        domain = domains.get(name)
        if domain is None or (viewer is not None and viewer.domain_names is not None and name not in viewer.domain_names):
            problems.append(_foreign(row, name, viewer, known=domain is not None))
        else:
            kept.append((row, domain.destination_system))
    problems += _systems(kept)
    return problems + _elsewhere(viewer, migration, [row for row, _system in kept])


def account_problems(viewer: Viewer | None, migration: MailMigration) -> list[Problem]:
    """The same of the accounts that a migration has, but for those left out: what was right when the CSV came may not be any more."""
    assert migration.customer is not None
    rows = [
        Row(account.line, account.destination_address, account.source_host, account.source_port, account.login, Secret(""))
        for account in migration.accounts.filter(left_out=False).order_by("line")
    ]
    return address_problems(viewer, migration.customer, migration, rows)


def unfinished_problem(customer: Customer, migration: MailMigration) -> str:
    """How many others he has when the customer cannot have one more migration under way, "" when he can. Drafts do not count.

    It holds against somebody who asks in the same moment only for who holds ``one_at_a_time``."""
    most = Limits.of(customer).unfinished
    others = unfinished(MailMigration.objects.filter(customer=customer)).exclude(pk=migration.pk).count()
    return "" if others < most else str(others)


def one_at_a_time(customer: Customer) -> None:
    """In a transaction: what makes one more unfinished migration of this customer waits here for the others that do."""
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)


def _foreign(row: Row, name: str, viewer: Viewer | None, *, known: bool) -> Problem:
    if known:
        words = _("The domain %(domain)s is not one of those given to you.", domain=name)
        remedy = _("Ask your admin to give it to you, or leave the line out.")
    elif viewer is not None and viewer.operator:
        words = _("The domain %(domain)s does not belong to this customer.", domain=name)
        remedy = _("Add it to the customer first, or correct the address.")
    else:
        words = _("The domain %(domain)s is not one of yours here.", domain=name)
        remedy = _("Correct the address, or ask your provider to add the domain.")
    return Problem(row.line, "destination", "foreign-domain", words, remedy)


def _systems(kept: Sequence[tuple[Row, DestinationSystem]]) -> list[Problem]:
    """One migration goes to one system: its connections and its master user are one."""
    if not kept:
        return []
    first_row, first = kept[0]
    return [
        Problem(
            row.line,
            "destination",
            "other-system",
            _(
                "This domain is served by %(system)s, that of line %(line)s by %(other)s.",
                system=system.name,
                line=str(first_row.line),
                other=first.name,
            ),
            _("Make a migration of its own for each system."),
        )
        for row, system in kept
        if system.pk != first.pk
    ]


def _elsewhere(viewer: Viewer | None, migration: MailMigration | None, rows: Sequence[Row]) -> list[Problem]:
    """The same destination in two unfinished migrations would be written to by both; those of the command line
    count too, and those of a customer who had the domain before."""
    names = sorted({domain_of(row.destination) for row in rows})
    others = unfinished(MailMigration.objects.filter(Q(domains__overlap=names) | Q(customer=None)))
    if migration is not None:
        others = others.exclude(pk=migration.pk)
    accounts = Account.objects.filter(migration__in=others, left_out=False).values_list("destination_address", "migration__code")
    found: dict[str, list[str]] = defaultdict(list)
    with beyond():  # those of other customers hinder, too; of them he is told no more than that
        for address, code in accounts:
            found[address.casefold()].append(code)
    visible = set(viewer.migrations().values_list("code", flat=True)) if found and viewer is not None else set()
    problems = []
    for row in rows:
        for code in found.get(row.destination.casefold(), [])[:1]:
            if code in visible:
                words = _("This mailbox is already being moved in migration %(code)s.", code=code)
            else:
                words = _("This mailbox is already being moved in another migration of your provider.")
            remedy = _("Leave the line out here, or wait until that migration has ended, or delete it.")
            problems.append(Problem(row.line, "destination", "in-another-migration", words, remedy))
    return problems
