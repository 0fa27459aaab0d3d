"""Writing down who did what. Called by every verb that a person can cause, in the verb's own transaction."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from trasloco.records.models import Customer, HistoryEntry, MailMigration, Person

log = logging.getLogger(__name__)

# Every verb there is, in the words of the page; a verb that is not here is a mistake of ours.
VERBS = {
    "migration-started-draft": _("began a new migration"),
    "migration-planned": _("planned the migration"),
    "migration-deleted": _("deleted the migration"),
    "migration-expired": _("removed the migration at the end of its time"),
    "csv-given": _("gave the CSV"),
    "account-corrected": _("corrected an account"),
    "account-left-out": _("left out an account"),
    "account-taken-in": _("took an account in again"),
    "passwords-corrected": _("gave other passwords for accounts that failed"),
    "check-started": _("had the logins checked"),
    "servers-sought": _("had the old servers looked for"),
    "servers-taken": _("took over servers that were found"),
    "sign-in-begun": _("asked an owner to sign in at his provider"),
    "sign-in-done": _("kept what an owner allowed at his provider"),
    "run-begun": _("began a run"),
    "run-started": _("started a run"),
    "run-stopped": _("stopped a run"),
    "run-resumed": _("resumed a run"),
    "run-retried": _("retried failed accounts"),
    "comparison-asked": _("had the new mailboxes compared"),
    "certificate-renewed": _("accepted the new certificate of an old server"),
    "run-rescheduled": _("changed the date of a run"),
    "run-added": _("asked for one more run"),
    "run-planned-again": _("planned one more run, because mail still arrived at the old server"),
    "window-changed": _("changed the hours in which mail is moved"),
    "pace-changed": _("changed the pace of the migration"),
    "failing-lines-downloaded": _("downloaded the lines of accounts that failed, without passwords"),
    "secrets-wiped": _("wiped the passwords"),
    "proof-downloaded": _("downloaded a proof"),
    "log-downloaded": _("downloaded a log"),
    "parked-downloaded": _("downloaded a message that was refused"),
    "person-invited": _("invited a person"),
    "person-changed": _("changed a person"),
    "person-removed": _("removed a person"),
    "invitation-accepted": _("accepted the invitation"),
    "invitation-repeated": _("sent the invitation again"),
    "password-changed": _("changed the password"),
    "profile-changed": _("changed the profile"),
    "second-factor-removed": _("removed the second factor of a person"),
    "signed-in": _("signed in"),
    "sign-in-failed": _("failed to sign in"),
    "customer-created": _("created a customer"),
    "customer-changed": _("changed a customer"),
    "customer-removed": _("removed a customer"),
    "customer-locked": _("locked a customer"),
    "customer-unlocked": _("unlocked a customer"),
    "credentials-kept": _("kept OAuth credentials for the customer"),
    "credentials-forgotten": _("forgot the customer's OAuth credentials"),
    "domain-added": _("added a domain"),
    "domain-changed": _("changed a domain"),
    "domain-removed": _("removed a domain"),
    "destination-created": _("added a destination system"),
    "destination-changed": _("changed a destination system"),
    "destination-removed": _("removed a destination system"),
    "destination-tested": _("tested a destination system"),
    "certificate-forgotten": _("forgot the certificate of a destination system"),
    "settings-changed": _("changed settings"),
    "mail-tested": _("sent a test mail"),
    "mail-given-up": _("gave up sending a mail"),
    "mail-repeated": _("had a mail sent again"),
    "token-made": _("made a token for the API"),
    "token-revoked": _("revoked a token of the API"),
    "webhook-added": _("added a webhook"),
    "webhook-removed": _("removed a webhook"),
    "webhook-tested": _("tested a webhook"),
    "webhook-given-up": _("gave up calling a webhook"),
    "superuser-created": _("created a superuser"),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: a person and the address he came from; ``SCHEDULE`` when nobody did. token: name of that of the API, "" = in
    the panel."""

    person: Person | None = None
    address: str | None = None
    token: str = ""


SCHEDULE = Actor()


def note(
    actor: Actor,
    verb: str,
    subject: str = "",
    *,
    customer: Customer | None = None,
    migration: MailMigration | None = None,
    **details: Any,
) -> None:
    """Write one entry, and one line of the log. details: names and numbers for the page, never a secret.

    Raises KeyError for an unknown verb.
    """
    assert VERBS[verb]
    if actor.token:
        details["token"] = actor.token
    where = f"migration {migration.code}: " if migration else ""
    log.info("%s%s by %r %s", where, verb, str(actor.person or "the schedule"), {"subject": subject, **details} if subject else details)
    HistoryEntry.objects.create(
        customer=customer or (migration.customer if migration else None),
        person=actor.person,
        person_name=str(actor.person) if actor.person else "",
        address=actor.address,
        verb=verb,
        subject=(subject or (migration.code if migration else ""))[:400],
        migration_code=migration.code if migration else "",
        details=details,
    )
