"""What people ask for that needs a mail server: checks, tests, verifications. Record and job in one transaction.

The web process opens no IMAP socket: it writes down what is wanted and enqueues it here. Errands are given ids
only. One whose worker dies is begun again (``recovery``), so each of them can be done twice without harm.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext
from procrastinate import tasks
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager

from trasloco.jobs.letters import link, tidy, write_letters
from trasloco.records.drafts import destination_changed, follow_destination, locked
from trasloco.records.history import Actor, note
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import CheckState, DestinationSystem, LoginCheck, Mail, MailKind, MailMigration, SignInState
from trasloco.records.planning import NotNow, plan
from trasloco.records.queue_names import ERRANDS
from trasloco.records.server_search import seek_servers
from trasloco.records.sign_ins import answer_sign_in, begin_sign_in
from trasloco.records.verification import comparable

CHECK = "trasloco.check"
FIND_SERVERS = "trasloco.find_servers"
SIGN_INS = "trasloco.sign_ins"
TEST_SYSTEM = "trasloco.test_system"
VERIFY = "trasloco.verify"
LOOK_AT_MX = "trasloco.look_at_mx"
MAIL = "trasloco.mail"
WEBHOOK = "trasloco.webhook"


def check_logins(actor: Actor, migration: MailMigration, account_id: int | None = None, *, failed: bool = False) -> int:
    """Try the logins of a draft that were not tried yet, of one account or of all; returns how many. failed: those too
    that failed. What works is not tried again, and what has no server yet not at all. Raises ``NotADraft``."""
    with transaction.atomic():
        draft = locked(migration)
        if destination_changed(draft):
            follow_destination(draft)
        accounts = draft.accounts.filter(left_out=False).exclude(source_host="")
        if account_id is not None:
            accounts = accounts.filter(pk=account_id)
        missing = accounts.filter(check_result=None)
        made = LoginCheck.objects.bulk_create([LoginCheck(account=account) for account in missing], ignore_conflicts=True)
        checks = LoginCheck.objects.filter(account__in=accounts)
        again = 0
        if failed:
            unknown = dict.fromkeys(("folders", "messages", "size", "too_large", "room"))
            blank: dict[str, Any] = {"source": {}, "destination": {}, "warnings": [], **unknown}
            again = checks.filter(state=CheckState.FAILED).update(state=CheckState.WAITING, **blank)
        waiting = checks.filter(state__in=[CheckState.WAITING, CheckState.RUNNING]).count()
        if waiting and account_id is None:
            enqueue(CHECK, f"check-{migration.pk}", migration_id=migration.pk)
        elif waiting and account_id is not None:
            enqueue(CHECK, f"check-{migration.pk}-{account_id}", migration_id=migration.pk, account_id=account_id)
        if made or again:
            note(actor, "check-started", migration=migration, accounts=len(made) + again)
        return waiting


def find_servers(actor: Actor, migration: MailMigration) -> int:
    """Look for the servers of a draft's lines that have none, or one that cannot be reached; returns of how many domains.
    Raises ``NotADraft``."""
    with transaction.atomic():
        waiting = seek_servers(actor, migration)
        if waiting:
            enqueue(FIND_SERVERS, f"find-servers-{migration.pk}", migration_id=migration.pk)
        return waiting


def ask_owner(actor: Actor, migration: MailMigration, mailbox: str, ring: KeyRing) -> None:
    """Begin the sign-in of a mailbox's owner at his provider. Raises ``NoSignIn``, ``KeyProblem``."""
    with transaction.atomic():
        if begin_sign_in(actor, migration, mailbox, ring).state == SignInState.ASKED:
            enqueue(SIGN_INS, f"sign-ins-{migration.pk}", migration_id=migration.pk)


def take_answer(migration: MailMigration, mailbox: str, pasted: str, ring: KeyRing) -> None:
    """Take the address a sign-in ended on to the provider. Raises ``NoSignIn``, ``KeyProblem``."""
    with transaction.atomic():
        answer_sign_in(migration, mailbox, pasted, ring)
        enqueue(SIGN_INS, f"sign-ins-{migration.pk}", migration_id=migration.pk)


def test_system(actor: Actor, system: DestinationSystem, address: str) -> None:
    """Open one mailbox of a destination system; what comes of it is kept in its ``tested_*``."""
    with transaction.atomic():
        DestinationSystem.objects.filter(pk=system.pk).update(tested_at=None, tested_address=address, tested_well=None, tested_words="")
        enqueue(TEST_SYSTEM, f"test-system-{system.pk}", system_id=system.pk, address=address)
        note(actor, "destination-tested", system.name, address=address)


def plan_migration(actor: Actor, migration: MailMigration, ring: KeyRing) -> MailMigration:
    """Plan it and say so by mail. Raises what ``records.planning.plan`` raises."""
    with transaction.atomic():
        planned = plan(actor, migration, ring)
        write_letters(MailKind.PLANNED, planned, {"runs": list(planned.runs.order_by("number"))})
        return planned


def compare(actor: Actor, migration: MailMigration) -> None:
    """Read the new mailboxes again, as after the last run. Raises ``NotNow``."""
    with transaction.atomic():
        run = comparable(migration)
        if run is None:
            raise NotNow("nothing-to-compare")
        enqueue(VERIFY, f"verify-{run.pk}", run_id=run.pk)
        note(actor, "comparison-asked", migration=migration, run=run.number)


def send_test_mail(actor: Actor, address: str) -> Mail:
    """One mail that says that mails can be sent."""
    with transaction.atomic():
        note(actor, "mail-tested", address)
        context = {"subject": gettext("Test mail of Trasloco"), "link": link("installation")}
        return Mail.objects.create(
            kind=MailKind.TEST,
            recipient=address,
            language=(get_language() or "en")[:2],
            subject=context["subject"],
            text=tidy(render_to_string("mail/test.txt", context)),
            html=render_to_string("mail/test.html", context),
        )


def enqueue(task: str, key: str, **arguments: int | str) -> None:
    """Defer it in Django's transaction; one that is waiting under the same key already is enough."""
    manager = JobManager(DjangoConnector())
    deferrer = tasks.configure_task(name=task, job_manager=manager, queue=ERRANDS, queueing_lock=key, lock=key)
    try:
        with transaction.atomic():
            deferrer.defer(**arguments)
    except AlreadyEnqueued:
        pass
