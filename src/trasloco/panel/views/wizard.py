"""New migration, step by step: type, CSV, check, when, review. Each step can be gone back to without loss."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from trasloco.jobs.errands import check_logins, plan_migration
from trasloco.panel.access import PanelRequest, account_of, migration_of, page
from trasloco.panel.csv_upload import CsvUpload
from trasloco.panel.forms_wizard import HOURS_ADVISED, TYPES, AccountForm, CsvForm, TypeForm, WhenForm
from trasloco.panel.refusals import refusal_words
from trasloco.panel.views.check_table import check_table
from trasloco.plan.csv_text import template
from trasloco.plan.table import Row
from trasloco.records.admissible import unfinished_problem
from trasloco.records.drafts import change_type, correct_account, give_csv, leave_out, start_draft
from trasloco.records.key_ring import KeyRing
from trasloco.records.limits import Limits
from trasloco.records.models import Account, Customer, DestinationLogin, MailMigration, Person
from trasloco.records.planning import NotNow, set_schedule
from trasloco.records.rights import Right
from trasloco.secret import Secret

FORM = ("GET", "HEAD", "POST")
STEPS = ("type", "csv", "check", "when", "review")


@page(Right.MIGRATE, methods=FORM)
def new(request: PanelRequest) -> HttpResponse:
    """The first step of a migration that is not there yet."""
    customers = request.viewer.customers() if request.viewer.operator else None
    if customers is not None and not customers.exists():
        return redirect("setup")
    form = TypeForm(request.POST or None, customers=customers)
    if request.method == "POST" and form.is_valid():
        customer: Customer | None = form.cleaned_data.get("customer") or request.viewer.customer
        assert customer is not None
        migration = start_draft(request.actor, customer, form.cleaned_data["source_type"], form.cleaned_data["source_tls"])
        return redirect("new_csv", migration.code)
    return _render(request, "type", None, {"form": form, "types": TYPES})


@page(Right.MIGRATE, methods=FORM)
def source_type(request: PanelRequest, code: str) -> HttpResponse:
    """The first step again."""
    migration = draft_of(request, code)
    form = TypeForm(
        request.POST or None, customers=None, initial={"source_type": migration.source_type, "source_tls": migration.source_tls}
    )
    if request.method == "POST" and form.is_valid():
        change_type(migration, form.cleaned_data["source_type"], form.cleaned_data["source_tls"])
        return redirect("new_csv", code)
    return _render(request, "type", migration, {"form": form, "types": TYPES})


@page(Right.MIGRATE, methods=FORM)
def csv(request: PanelRequest, code: str) -> HttpResponse:
    """Upload or paste; all that is wrong at once. What was given before stays until something faultless replaces it."""
    migration = draft_of(request, code)
    assert migration.customer is not None
    upload: CsvUpload | None = None
    form = CsvForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        refused = getattr(request, "upload_refused", False)
        upload = CsvUpload.read(request.viewer, migration, form, Limits.of(migration.customer), refused=refused)
        if not upload.problems and upload.rows:
            give_csv(request.actor, migration, upload.rows, upload.passwords, key_ring())
            if upload.warnings:
                request.session[f"csv-warnings-{code}"] = [str(warning) for warning in upload.warnings[:50]]
            return redirect("new_check", code)
    context = {
        "form": form,
        "upload": upload,
        "accounts": migration.accounts.order_by("line"),
        "limits": Limits.of(migration.customer),
        "own_passwords": _own_passwords(migration),
    }
    return _render(request, "csv", migration, context)


@page(Right.MIGRATE)
def check(request: PanelRequest, code: str) -> HttpResponse:
    """Every login, live. The check begins by itself for what was not looked at yet."""
    migration = draft_of(request, code)
    if not migration.accounts.exists():
        return redirect("new_csv", code)
    if migration.accounts.filter(left_out=False, check_result=None).exists():
        check_logins(request.actor, migration)
    warnings = request.session.get(f"csv-warnings-{code}", [])
    return _render(request, "check", migration, {**check_table(migration), "csv_warnings": warnings})


@page(Right.MIGRATE)
def check_part(request: PanelRequest, code: str) -> HttpResponse:
    """The table alone, while it changes."""
    migration = draft_of(request, code)
    return render(request, "panel/wizard/check_table.html", {"migration": migration, **check_table(migration)})


@page(Right.MIGRATE, methods=("POST",))
def check_again(request: PanelRequest, code: str) -> HttpResponse:
    """Only what failed is tried again."""
    check_logins(request.actor, draft_of(request, code))
    return redirect("new_check", code)


@page(Right.MIGRATE, methods=FORM)
def correct(request: PanelRequest, code: str, account_id: int) -> HttpResponse:
    """One line, put right in place; it is tried again at once."""
    migration = draft_of(request, code)
    account = get_object_or_404(Account.objects.select_related("migration"), pk=account_id, migration=migration)
    form = AccountForm(request.POST or None, account=account, own_passwords=_own_passwords(migration))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        row = Row(
            account.line,
            account.destination_address,
            form.host,
            form.port,
            values["login"],
            Secret(values["password"]),
            values["master"],
        )
        own = values.get("destination_password")
        correct_account(request.actor, account, row, Secret(own) if own else None, key_ring())
        check_logins(request.actor, migration, account.pk)
        return redirect(f"{reverse('new_check', args=[code])}#account-{account.pk}")
    return _render(request, "check", migration, {"form": form, "account": account}, "correct")


@page(Right.MIGRATE, methods=("POST",))
def leave(request: PanelRequest, code: str) -> HttpResponse:
    """Leave accounts out, or take them in again: one by its id, or all that fail."""
    migration = draft_of(request, code)
    out = request.POST.get("out") == "yes"
    wanted = request.POST.get("account", "")
    if wanted == "failed":
        found = list(migration.accounts.filter(left_out=False, check_result__state="failed"))
    else:
        found = [account_of(request, code, int(wanted))] if wanted.isdecimal() else []
    for account in found:
        leave_out(request.actor, account, out=out)
    if not out and found:
        check_logins(request.actor, migration)
    return redirect("new_check", code)


@page(Right.MIGRATE, methods=FORM)
def when(request: PanelRequest, code: str) -> HttpResponse:
    """Date of the first run, distance of the second, who is told."""
    migration = draft_of(request, code)
    assert migration.customer is not None
    limits = Limits.of(migration.customer)
    form = WhenForm(request.POST or None, hours=limits.hours, initial=_when_initial(migration, request.viewer.person))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        set_schedule(migration, values["first_run_at"], values["second"], values["time_zone"], values["recipients"], values["verification"])
        return redirect("new_review", code)
    context = {"form": form, "advised": HOURS_ADVISED, "limits": limits}
    return _render(request, "when", migration, context)


@page(Right.MIGRATE, methods=FORM)
def review(request: PanelRequest, code: str) -> HttpResponse:
    """All answers on one page, and the button."""
    migration = draft_of(request, code)
    if request.method == "POST":
        try:
            plan_migration(request.actor, migration, key_ring())
            return redirect("migration", code)
        except NotNow as error:
            messages.error(request, refusal_words(error))
            return redirect("new_check" if str(error) in ("logins-fail", "no-accounts") else "new_review", code)
    assert migration.customer is not None
    table = check_table(migration)
    others = unfinished_problem(migration.customer, migration)
    return _render(request, "review", migration, {**table, "others": others, "limits": Limits.of(migration.customer)})


@page(Right.MIGRATE)
def templates(request: PanelRequest) -> HttpResponse:
    """The two examples and what they mean, as a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("standard", "master"):
            archive.writestr(f"trasloco-{name}.csv", template(name))
        archive.writestr("README.txt", render(request, "panel/wizard/csv_readme.txt").content)
    headers = {"Content-Disposition": 'attachment; filename="trasloco-csv.zip"'}
    return HttpResponse(made.getvalue(), content_type="application/zip", headers=headers)


def draft_of(request: PanelRequest, code: str) -> MailMigration:
    """The draft, if he may see it and it is still one. Raises Http404."""
    migration = migration_of(request, code)
    if migration.planned_at is not None or migration.customer is None:
        raise Http404
    return migration


def key_ring() -> KeyRing:
    return KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE)


def _render(
    request: HttpRequest, step: str, migration: MailMigration | None, context: Mapping[str, Any], template_name: str = ""
) -> HttpResponse:
    position = STEPS.index(step)
    titles: Sequence[str] = (_("Type"), _("CSV"), _("Check"), _("When"), _("Review"))
    steps = [
        {"title": title, "name": name, "done": index < position, "here": index == position}
        for index, (name, title) in enumerate(zip(STEPS, titles, strict=True))
    ]
    shown = {"steps": steps, "migration": migration, "area": "migrations", **context}
    return render(request, f"panel/wizard/{template_name or step}.html", shown)


def _own_passwords(migration: MailMigration) -> bool:
    """Does each mailbox of the destination have its own password?"""
    assert migration.customer is not None
    systems = {domain.destination_system for domain in migration.customer.domains.select_related("destination_system")}
    if migration.destination_system is not None:
        systems = {migration.destination_system}
    return any(system.form == DestinationLogin.PASSWORD for system in systems)


def _when_initial(migration: MailMigration, person: Person) -> dict[str, Any]:
    import zoneinfo

    zone = migration.time_zone if migration.first_run_at or migration.second_run_minutes is not None else person.time_zone
    at = migration.first_run_at.astimezone(zoneinfo.ZoneInfo(zone)) if migration.first_run_at else None
    return {
        "start": "at" if at else "now",
        "at": at.replace(tzinfo=None) if at else None,
        "time_zone": zone,
        "second": migration.second_run_minutes if migration.second_run_minutes is not None else "360" if not migration.recipients else "",
        "verification": migration.verification,
        "recipients": ", ".join(migration.recipients),
    }
