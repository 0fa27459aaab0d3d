"""One more run of a migration that has ended: its passwords were wiped, so its CSV is given again.

Only the lines that are given take part, so that a few accounts can be run again without all the others. An
account is known by its destination address; its login stays what it was, for the ledger knows the mailbox
that was read, not another one. Its server may have another name by now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db import transaction

from trasloco.plan.problems import Problem
from trasloco.plan.table import Row
from trasloco.records.drafts import vault, write_row
from trasloco.records.history import Actor
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import Account, MailMigration, Run
from trasloco.records.opening import OAUTH_ROW
from trasloco.records.planning import NotNow, add_run, refuse_another_run
from trasloco.records.systems import give_destination
from trasloco.records.vault import Vault
from trasloco.secret import Secret
from trasloco.sentence import sentence as _


def row_problems(migration: MailMigration, rows: Sequence[Row]) -> list[Problem]:
    """Lines that are not of this migration, or that name another login than before."""
    accounts = {account.destination_address.casefold(): account for account in migration.accounts.all()}
    problems = []
    for row in rows:
        account = accounts.get(row.destination.casefold())
        if account is None:
            words, remedy = _("This address is not one of this migration."), _("Leave the line out, and begin a new migration for it.")
            problems.append(Problem(row.line, "destination", "not-of-this-migration", words, remedy))
        elif row.login != account.login:
            words = _("This is not the login the mailbox was read with before.")
            remedy = _("Write the login of the first time; for another mailbox begin a new migration.")
            problems.append(Problem(row.line, "login", "other-login", words, remedy))
    return problems


def run_once_more(
    actor: Actor,
    migration: MailMigration,
    rows: Sequence[Row],
    passwords: Mapping[str, Secret],
    ring: KeyRing,
    oauth: Secret | None = None,
) -> Run:
    """Begin one more run of the accounts of these lines; all others sit it out.

    rows: without ``row_problems``. passwords: of the destination, by casefolded address, where each mailbox has its
    own. oauth: of ``OauthSettings.as_secret``, for the rows without a password. Raises ``NotNow``, ``KeyProblem``.
    """
    with transaction.atomic():
        found = MailMigration.objects.select_for_update(of=("self",)).filter(pk=migration.pk, deleting_at=None).first()
        if found is None:
            raise NotNow("deleted")
        refuse_another_run(found)
        if found.destination_system is None:
            raise NotNow("no-destination")
        found.wrapped_key, found.key_id = None, ""
        fresh, before = vault(found, ring), found.destination
        give_destination(found, found.destination_system, ring, fresh)
        if all(found.destination[name] == before.get(name) for name in ("host", "port", "trust")):
            found.destination["fingerprint"] = found.destination["fingerprint"] or before.get("fingerprint")  # what was pinned stays so
        found.source_oauth = fresh.lock(oauth, OAUTH_ROW) if oauth else None
        found.save(update_fields=["wrapped_key", "key_id", "destination", "destination_secret", "source_oauth"])
        _give_passwords(found, rows, passwords, fresh)
        return add_run(actor, found)


def _give_passwords(migration: MailMigration, rows: Sequence[Row], passwords: Mapping[str, Secret], fresh: Vault) -> None:
    accounts = {account.destination_address.casefold(): account for account in migration.accounts.all()}
    taking_part = []
    for row in rows:
        account = accounts[row.destination.casefold()]
        known = replace(row, line=account.line, destination=account.destination_address)
        write_row(account, known, passwords.get(row.destination.casefold()), migration.source_tls, fresh)
        account.left_out = False
        taking_part.append(account)
    Account.objects.filter(migration=migration).update(left_out=True)
    columns = ["source_host", "source_port", "source_security", "source_trust", "source_speech", "source_address", "source_fingerprint"]
    Account.objects.bulk_update(
        taking_part, [*columns, "login", "master", "source_secret", "destination_secret", "left_out"], batch_size=500
    )
