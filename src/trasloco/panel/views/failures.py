"""Accounts that fail in the same way: who they are, the servers' words, what to do; and the three things that can be done here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, TypeAlias

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trasloco.jobs.corrected_logins import check_again, correct_and_check
from trasloco.panel.access import PanelRequest, migration_of, page
from trasloco.panel.body_limit import body_refused
from trasloco.panel.csv_upload import too_large
from trasloco.panel.forms_migrations import PasswordsForm
from trasloco.panel.password_lines import PasswordUpload, blank_lines
from trasloco.panel.refusals import refusal_words
from trasloco.panel.views.steps import key_ring
from trasloco.records.corrections import Corrections
from trasloco.records.drafts import NotADraft, leave_out_failed
from trasloco.records.failure_groups import FailureGroup, groups_of
from trasloco.records.failure_remedies import Remedies, remedies_of
from trasloco.records.history import note
from trasloco.records.key_ring import KeyProblem
from trasloco.records.leaving_out import leave_out_of_runs
from trasloco.records.models import Account, CheckState, LoginCheck, MailMigration
from trasloco.records.planning import NotNow, retry_failed
from trasloco.records.rights import Right
from trasloco.records.stages import Stage, stage_of

PER_PAGE = 100
FORM = ("GET", "HEAD", "POST")

GroupView: TypeAlias = Callable[[PanelRequest, MailMigration, FailureGroup], HttpResponse]


def _of_group(view: GroupView) -> Callable[Concatenate[PanelRequest, ...], HttpResponse]:
    """A page about a group; one that nobody is in any more leads back to the migration, which says how things stand."""

    @wraps(view)
    def found(request: PanelRequest, /, code: str, group: str) -> HttpResponse:
        migration = migration_of(request, code)
        chosen = next((item for item in groups_of(migration) if item.key == group), None)
        try:
            if chosen is not None:
                return view(request, migration, chosen)
            if request.htmx:
                return HttpResponse(headers={"HX-Redirect": _home(migration)})
            messages.info(request, _("No account fails in that way any more."))
        except (NotNow, KeyProblem) as error:
            messages.error(request, refusal_words(error) if isinstance(error, NotNow) else str(error))
        except NotADraft:
            pass
        return _back(migration)

    return found


@page(Right.MIGRATE)
@_of_group
def group(request: PanelRequest, migration: MailMigration, chosen: FailureGroup) -> HttpResponse:
    return _group_page(request, migration, chosen)


@page(Right.MIGRATE, methods=("POST",))
@_of_group
def try_again(request: PanelRequest, migration: MailMigration, chosen: FailureGroup) -> HttpResponse:
    """Of a draft the logins, else the accounts in their run."""
    if migration.planned_at is None:
        check_again(request.actor, migration, chosen.accounts)
        return _back(migration)
    count = retry_failed(request.actor, migration, chosen.accounts)
    messages.success(request, ngettext("%(n)s account is tried again.", "%(n)s accounts are tried again.", count) % {"n": count})
    return _back(migration)


@page(Right.MIGRATE)
@_of_group
def lines(request: PanelRequest, migration: MailMigration, chosen: FailureGroup) -> HttpResponse:
    """Their lines of the CSV, without the passwords."""
    note(request.actor, "failing-lines-downloaded", migration=migration, accounts=chosen.count)
    text = blank_lines(migration, chosen.side, _accounts(migration, chosen))
    headers = {"Content-Disposition": f'attachment; filename="{migration.code}-passwords.csv"'}
    return HttpResponse(text.encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers)


@page(Right.MIGRATE, methods=FORM)
@_of_group
def passwords(request: PanelRequest, migration: MailMigration, chosen: FailureGroup) -> HttpResponse:
    """Other passwords for these accounts: kept when no line is wrong; then their logins are tried, and those that work go on."""
    remedies = _remedies(migration, chosen)
    if not remedies.passwords or request.method != "POST":
        if body_refused(request):
            upload = PasswordUpload(Corrections(problems=(too_large(),)))
            return _group_page(request, migration, chosen, upload, status=413)
        return redirect("failure_group", migration.code, chosen.key)
    upload = PasswordUpload.read(migration, chosen.side, chosen.accounts, request.POST, request.FILES.get("file"))
    if upload.problems:
        return _group_page(request, migration, chosen, upload)
    count = correct_and_check(request.actor, migration, chosen.side, upload.found.passwords, key_ring())
    words = ngettext(
        "%(n)s password was kept; its login is tried now.", "%(n)s passwords were kept; their logins are tried now.", count
    ) % {"n": count}
    if upload.found.without:
        words += " " + ngettext(
            "%(n)s line had no password and changed nothing.", "%(n)s lines had no password and changed nothing.", upload.found.without
        ) % {"n": upload.found.without}
    messages.success(request, words)
    return redirect("failure_group", migration.code, chosen.key) if migration.planned_at else _back(migration)


passwords.explains_too_large = True  # type: ignore[attr-defined] # read by ``middleware.too_large``


@page(Right.MIGRATE, methods=FORM)
@_of_group
def leave_out(request: PanelRequest, migration: MailMigration, chosen: FailureGroup) -> HttpResponse:
    """Asks, naming them; then it goes on without these accounts."""
    if not _remedies(migration, chosen).leave_out:
        return redirect("failure_group", migration.code, chosen.key)
    if request.method != "POST":
        context = {"migration": migration, "group": chosen, "draft": migration.planned_at is None, "area": "migrations"}
        return render(request, "panel/failures/leave_out.html", context)
    if migration.planned_at is None:
        count = leave_out_failed(request.actor, migration, chosen.accounts)
    else:
        count = leave_out_of_runs(request.actor, migration, chosen.accounts)
    messages.success(request, ngettext("%(n)s account is left out.", "%(n)s accounts are left out.", count) % {"n": count})
    return _back(migration)


def _group_page(
    request: PanelRequest, migration: MailMigration, chosen: FailureGroup, upload: PasswordUpload | None = None, status: int = 200
) -> HttpResponse:
    shown = Paginator(chosen.members, PER_PAGE).get_page(request.GET.get("page"))
    checks = LoginCheck.objects.filter(account__in=[member.pk for member in shown]) if migration.planned_at else ()
    remedies = _remedies(migration, chosen)
    context: dict[str, Any] = {
        "migration": migration,
        "group": chosen,
        "remedies": remedies,
        "draft": migration.planned_at is None,
        "members": shown,
        "checks": {check.account_id: check for check in checks if check.retry or check.source or check.destination},
        "checking": any(check.state in (CheckState.WAITING, CheckState.RUNNING) for check in checks),
        "upload": upload if upload is not None and upload.problems else None,
        "area": "migrations",
    }
    if remedies.passwords:
        text = upload.text if upload is not None else blank_lines(migration, chosen.side, _accounts(migration, chosen))
        context["form"] = PasswordsForm(initial={"text": text})
    return render(request, "panel/failures/group.html", context, status=status)


def _remedies(migration: MailMigration, chosen: FailureGroup) -> Remedies:
    return remedies_of(migration, chosen, stopped=stage_of(migration) is Stage.STOPPED)


def _accounts(migration: MailMigration, chosen: FailureGroup) -> list[Account]:
    return list(migration.accounts.filter(pk__in=chosen.accounts).order_by("line", "pk"))


def _back(migration: MailMigration) -> HttpResponse:
    return redirect(_home(migration))


def _home(migration: MailMigration) -> str:
    """Where it says how the migration, or its check, stands."""
    return reverse("migration" if migration.planned_at or migration.customer is None else "new_check", args=[migration.code])
