"""New migration, step by step: type, CSV, (``wizard_check``: check), when, review. Each step can be gone back to without loss."""

from __future__ import annotations

import io
import zipfile
import zoneinfo
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from trasloco.jobs.errands import plan_migration
from trasloco.panel.access import PanelRequest, page
from trasloco.panel.body_limit import body_refused
from trasloco.panel.csv_upload import CsvUpload, stored_text, too_large
from trasloco.panel.draft_credentials import draft_credentials
from trasloco.panel.forms_wizard import ALWAYS_TLS, HOURS_ADVISED, TYPES, CsvForm, TypeForm, WhenForm
from trasloco.panel.present_mx import present_mx
from trasloco.panel.refusals import refusal_words
from trasloco.panel.sentences import problem_line
from trasloco.panel.views.check_table import check_sums
from trasloco.panel.views.steps import FORM, back_to, draft_of, forget_typed, keep_typed, key_ring, render_step, step, typed_before
from trasloco.plan.csv_text import template
from trasloco.plan.providers import providers
from trasloco.records.admissible import account_problems, unfinished_problem
from trasloco.records.customer_credentials import (
    forget_credentials,
    may_keep,
    usable_credentials,
)
from trasloco.records.drafts import change_type, give_csv, own_passwords, start_draft
from trasloco.records.forecast import forecast
from trasloco.records.limits import Limits
from trasloco.records.models import Customer, MailMigration, SecondRun
from trasloco.records.pacing import limits_of, window_of
from trasloco.records.planning import NotNow, set_schedule
from trasloco.records.rights import Right

MOST_DOMAINS = 20  # looked up for one page

_STEP_OF = {
    "logins-fail": "new_check",
    "destination-changed": "new_check",
    "no-accounts": "new_check",
    "addresses": "new_csv",
    "hours": "new_when",
}


@page(Right.MIGRATE, methods=FORM)
def new(request: PanelRequest) -> HttpResponse:
    """The first step of a migration that is not there yet."""
    customers = request.viewer.customers() if request.viewer.operator else None
    if customers is not None and not customers.exists():
        return redirect("setup")
    form = TypeForm(request.POST if request.method == "POST" else None, customers=customers)
    if request.method == "POST" and form.is_valid():
        customer: Customer | None = form.cleaned_data.get("customer") or request.viewer.customer
        assert customer is not None
        chosen = form.cleaned_data
        migration = start_draft(request.actor, customer, chosen["source_type"], chosen["source_tls"], chosen["gmail"])
        return redirect("new_csv", migration.code)
    return render_step(request, "type", None, {"form": form, "types": TYPES})


@page(Right.MIGRATE, methods=FORM)
@step
def source_type(request: PanelRequest, code: str) -> HttpResponse:
    """The first step again."""
    migration = draft_of(request, code)
    initial = {"source_type": migration.source_type, "source_tls": migration.source_tls, "gmail": migration.settings.get("gmail", [])}
    form = TypeForm(request.POST if request.method == "POST" else None, customers=None, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_type(migration, form.cleaned_data["source_type"], form.cleaned_data["source_tls"], form.cleaned_data["gmail"])
        return redirect("new_csv", code)
    return render_step(request, "type", migration, {"form": form, "types": TYPES})


@page(Right.MIGRATE, methods=FORM)
@step
def csv(request: PanelRequest, code: str) -> HttpResponse:
    """Upload or paste; all that is wrong at once. What was given before stays until something faultless replaces it."""
    migration = draft_of(request, code)
    typed: QueryDict | None = None
    if body_refused(request):
        upload: CsvUpload | None = CsvUpload(problems=(too_large(),))
    elif request.method == "POST":
        upload = CsvUpload.read(request.viewer, migration, request.POST, request.FILES.get("file"))
        typed = upload.typed
        if upload.rows and not upload.problems:
            oauth = draft_credentials(request.actor, request.viewer, migration, upload, key_ring())
            give_csv(request.actor, migration, upload.rows, upload.passwords, key_ring(), oauth)
            request.session[f"csv-warnings-{code}"] = [problem_line(warning) for warning in upload.warnings[:50]]
            forget_typed(request, migration, "csv")
            return redirect(back_to(request) or ("permissions" if oauth else "new_check"), code)
        keep_typed(request, migration, "csv", typed)
        if back := back_to(request):
            return redirect(back, code)
    else:
        typed = typed_before(request, migration, "csv")
        upload = CsvUpload.read(request.viewer, migration, typed, None) if typed else None
    return _csv_page(request, migration, upload, typed)


csv.explains_too_large = True  # type: ignore[attr-defined] # read by ``middleware.too_large``


@page(Right.MIGRATE, methods=("POST",))
@step
def forget_oauth(request: PanelRequest, code: str) -> HttpResponse:
    """The customer keeps no credentials of this provider any more; migrations that have them already keep theirs."""
    if forget_credentials(request.actor, request.viewer, draft_of(request, code)):
        messages.success(request, _("The customer's credentials are forgotten."))
    return redirect("new_csv", code)


def _csv_page(request: PanelRequest, migration: MailMigration, upload: CsvUpload | None, typed: QueryDict | None) -> HttpResponse:
    text = typed.get("text", "") if typed is not None else stored_text(migration)
    context = {
        "form": CsvForm(initial={**(typed.dict() if typed is not None else {}), "text": text}),
        "by_token": migration.source_type in ALWAYS_TLS,
        "usual_server": providers()[migration.source_type].server,
        "oauth_stored": migration.source_oauth is not None,
        "kept": usable_credentials(request.viewer, migration),
        "may_keep": may_keep(request.viewer),
        "form_id": "csv",
        "upload": upload,
        "stored": migration.accounts.count(),
        "not_allowed": [] if upload else account_problems(request.viewer, migration),
        "domains": request.viewer.domains().filter(customer=migration.customer),
        "limits": Limits.of(migration.customer),
        "own_passwords": own_passwords(migration),
    }
    return render_step(request, "csv", migration, context, status=413 if body_refused(request) else 200)


@page(Right.MIGRATE, methods=FORM)
@step
def when(request: PanelRequest, code: str) -> HttpResponse:
    """Date of the first run, distance of the second, who is told."""
    migration = draft_of(request, code)
    limits = Limits.of(migration.customer)
    typed = request.POST if request.method == "POST" else typed_before(request, migration, "when")
    form = WhenForm(typed, hours=limits.hours, initial=_when_initial(migration))
    if request.method == "POST":
        if form.is_valid():
            values = form.cleaned_data
            hours = (values["window_start"], values["window_end"])
            mails = (values["recipients"], values["verification"])
            second = {
                "second_run_when": values["second_when"],
                "quiet_hours": values["quiet_hours"],
                "newest_first": values["newest_first"],
            }
            set_schedule(migration, values["first_run_at"], values["second_minutes"], values["time_zone"], *mails, *hours, **second)
            forget_typed(request, migration, "when")
            return redirect(back_to(request) or "new_review", code)
        keep_typed(request, migration, "when", request.POST)
        if back := back_to(request):
            return redirect(back, code)
    context = {"form": form, "form_id": "when", "advised": HOURS_ADVISED, "limits": limits}
    return render_step(request, "when", migration, context)


@page(Right.MIGRATE, methods=FORM)
@step
def review(request: PanelRequest, code: str) -> HttpResponse:
    """All answers on one page, and the button."""
    migration = draft_of(request, code)
    assert migration.customer is not None
    if request.method == "POST":
        try:
            plan_migration(request.actor, migration, key_ring())
        except NotNow as error:
            messages.error(request, refusal_words(error))
            return redirect(_STEP_OF.get(str(error).partition(":")[0], "new_review"), code)
        request.session.pop(f"csv-warnings-{code}", None)
        return redirect("migration", code)
    context = {
        **check_sums(migration),
        "others": unfinished_problem(migration.customer, migration),
        "not_allowed": account_problems(request.viewer, migration),
        "forecast": forecast(migration),
        "limits": Limits.of(migration.customer),
        **_hours(migration),
        "window": window_of(migration),
        "limit_of_a_day": limits_of(migration).bytes_per_day,
        "mails_to": [*([migration.asked_by.email] if migration.asked_by else []), *migration.recipients],
    }
    return render_step(request, "review", migration, context)


@page(Right.MIGRATE)
@step
def mail_servers(request: PanelRequest, code: str) -> HttpResponse:
    """The part of the review that asks name servers, which may take seconds."""
    migration = draft_of(request, code)
    domains = migration.domains[:MOST_DOMAINS]
    context = {"servers": present_mx(domains), "more": len(migration.domains) - len(domains)}
    return render(request, "panel/wizard/mail_servers.html", context)


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


def _hours(migration: MailMigration) -> dict[str, Any]:
    """When the runs are due: None where that is as soon as possible."""
    first, minutes = migration.first_run_at, migration.second_run_minutes
    begins = max(first, timezone.now()) if first else None
    by_mx = migration.second_run_when == SecondRun.MX
    return {
        "first_due": first,
        "late": first is not None and first < timezone.now(),
        "second_hours": minutes // 60 if minutes else 0,
        "second_due": begins + timedelta(minutes=minutes) if begins and minutes and not by_mx else None,
        "by_mx": by_mx,
    }


def _when_initial(migration: MailMigration) -> dict[str, Any]:
    at = migration.first_run_at.astimezone(zoneinfo.ZoneInfo(migration.time_zone)) if migration.first_run_at else None
    by_mx = migration.second_run_when == SecondRun.MX
    initial = {
        "start": "at" if at else "now",
        "at": at.replace(tzinfo=None) if at else None,
        "which": str(at.fold) if at else "",
        "time_zone": migration.time_zone,
        "second_when": migration.second_run_when,
        "second": "" if migration.second_run_minutes is None or by_mx else migration.second_run_minutes,
        "latest": migration.second_run_minutes if by_mx else None,
        "quiet": migration.quiet_hours or "",
        "newest_first": migration.settings.get("newest_first", False),
        "verification": migration.verification,
        "recipients": ", ".join(migration.recipients),
        "window_start": migration.window_start,
        "window_end": migration.window_end,
    }
    return {name: value for name, value in initial.items() if name != "latest" or value is not None}
