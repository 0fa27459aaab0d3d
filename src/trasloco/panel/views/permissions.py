"""What has to be allowed at the provider so that a migration's mailboxes open by token, and the owners' sign-ins there."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trasloco.jobs.errands import ask_owner, take_answer
from trasloco.panel.access import PanelRequest, migration_of, page
from trasloco.panel.live import live_part
from trasloco.panel.query_text import posted_text
from trasloco.panel.views.steps import key_ring
from trasloco.records.key_ring import KeyProblem
from trasloco.records.models import MailMigration
from trasloco.records.permissions import MailboxPermission, Permissions, permissions
from trasloco.records.rights import Right
from trasloco.records.sign_ins import LONGEST_ANSWER, NoSignIn

LONGEST_MAILBOX = 1000
MAILBOXES = 50  # on a page


@page(Right.MIGRATE)
def show(request: PanelRequest, code: str) -> HttpResponse:
    """The administrator's steps, filled in, or the mailboxes with their owners' sign-ins, which come again by themselves."""
    migration = migration_of(request, code)
    found = _found(request, migration)
    if found is None:
        return redirect("migration", code)
    shown = Paginator(sorted(found.mailboxes, key=_urgent), MAILBOXES).get_page(request.GET.get("page"))
    context = {
        "migration": migration,
        "found": found,
        "shown": shown,
        "query": "",
        "draft": migration.planned_at is None,
        "area": "migrations",
    }
    if request.htmx:
        return live_part(request, "panel/migrations/sign_ins.html", context, more=found.under_way)
    return render(request, "panel/migrations/permissions.html", context)


@page(Right.MIGRATE, methods=("POST",))
def begin(request: PanelRequest, code: str) -> HttpResponse:
    """One owner's sign-in, begun or begun anew."""
    migration = migration_of(request, code)
    mailbox = posted_text(request, "mailbox", LONGEST_MAILBOX)
    try:
        if mailbox:
            ask_owner(request.actor, migration, mailbox, key_ring())
    except (NoSignIn, KeyProblem) as error:
        messages.error(request, str(error) or _("There is nothing to sign in to: the credentials are gone, or of another kind."))
    return redirect("permissions", code)


@page(Right.MIGRATE, methods=("POST",))
def answer(request: PanelRequest, code: str) -> HttpResponse:
    """The address of the page that a sign-in at Google ended on."""
    migration = migration_of(request, code)
    mailbox = posted_text(request, "mailbox", LONGEST_MAILBOX)
    try:
        take_answer(migration, mailbox, posted_text(request, "address", LONGEST_ANSWER), key_ring())
    except (NoSignIn, KeyProblem) as error:
        messages.error(request, str(error) or _("This sign-in is over. Begin it again."))
    return redirect("permissions", code)


def _urgent(item: MailboxPermission) -> int:
    """Whom somebody is waiting for comes first, who has signed in last."""
    return 0 if item.waiting else 2 if item.allowed else 1


def _found(request: PanelRequest, migration: MailMigration) -> Permissions | None:
    try:
        return permissions(migration, key_ring())
    except KeyProblem as error:
        messages.error(request, str(error))
        return None
