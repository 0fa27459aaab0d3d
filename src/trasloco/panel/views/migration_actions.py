"""What can be done with a migration: start, stop, resume, retry, another date, once more, deletion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from trasloco.panel.access import PanelRequest, account_of, migration_of, page, run_of
from trasloco.panel.csv_upload import CsvUpload
from trasloco.panel.forms_migrations import AgainForm, DateForm
from trasloco.panel.refusals import refusal_words
from trasloco.plan.problems import Problem
from trasloco.records.deletion import contents, mark_deleted
from trasloco.records.history import Actor
from trasloco.records.key_ring import KeyRing
from trasloco.records.limits import Limits
from trasloco.records.models import UNFINISHED_RUN, Account, DestinationLogin, MailMigration, RunState, TransferState
from trasloco.records.once_more import row_problems, run_once_more
from trasloco.records.overviews import current_run
from trasloco.records.planning import NotNow, refuse_another_run, reschedule, resume, retry_failed, start_now, stop
from trasloco.records.rights import Right

FORM = ("GET", "HEAD", "POST")
_VERBS: dict[str, Callable[[Actor, MailMigration], object]] = {
    "start": start_now,
    "stop": stop,
    "resume": resume,
    "retry": retry_failed,
}


@page(Right.MIGRATE, methods=("POST",))
def act(request: PanelRequest, code: str, verb: str) -> HttpResponse:
    """Start now, stop, resume, retry what failed."""
    if verb not in _VERBS:
        raise Http404
    found = migration_of(request, code)
    try:
        _VERBS[verb](request.actor, found)
    except NotNow as error:
        messages.error(request, refusal_words(error))
    return redirect("migration", code)


@page(Right.MIGRATE, methods=("POST",))
def account_retry(request: PanelRequest, code: str, account_id: int) -> HttpResponse:
    """This one account again."""
    found = account_of(request, code, account_id)
    try:
        retry_failed(request.actor, found.migration, found.pk)
        messages.success(request, _("%(address)s is tried again.") % {"address": found.destination_address})
    except NotNow as error:
        messages.error(request, refusal_words(error))
    return redirect("account", code, account_id)


@page(Right.MIGRATE, methods=FORM)
def run_date(request: PanelRequest, code: str, number: int) -> HttpResponse:
    """Another date for a run that has not begun."""
    found = migration_of(request, code)
    run = run_of(found, number)
    if run.status != RunState.PLANNED:
        messages.error(request, refusal_words(NotNow("already-begun")))
        return redirect("migration", code)
    zone = request.viewer.person.time_zone
    local = timezone.localtime(run.due_at or timezone.now())
    form = DateForm(request.POST or None, initial={"at": local.replace(tzinfo=None), "time_zone": zone})
    if request.method == "POST" and form.is_valid():
        try:
            reschedule(request.actor, run, form.cleaned_data["due_at"])
            messages.success(request, _("The date of run %(number)s is changed.") % {"number": number})
            return redirect("migration", code)
        except NotNow as error:
            form.add_error("at", refusal_words(error))
    hours = Limits.of(found.customer).hours if found.customer and number == 2 else 0
    first = found.runs.filter(number=1).first() if number == 2 else None
    context = {"migration": found, "run": run, "form": form, "hours": hours, "first": first, "area": "migrations"}
    return render(request, "panel/migrations/date.html", context)


@page(Right.MIGRATE, methods=FORM)
def again(request: PanelRequest, code: str) -> HttpResponse:
    """One more run. The passwords were wiped, so the CSV is given again; only its lines take part. only=failed: begin with those."""
    found = migration_of(request, code)
    try:
        refuse_another_run(found)
    except NotNow as error:
        messages.error(request, refusal_words(error))
        return redirect("migration", code)
    only = request.GET.get("only", "")
    upload: CsvUpload | None = None
    problems: list[Problem] = []
    form = AgainForm(request.POST or None, request.FILES or None, initial={"text": _lines_without_passwords(found, only)})
    if request.method == "POST":
        upload = _read(request, found, form)
        problems = [*upload.problems, *row_problems(found, upload.rows)]
        if upload.rows and not problems:
            try:
                run = run_once_more(request.actor, found, upload.rows, upload.passwords, _ring())
                messages.success(request, _("Run %(number)s begins.") % {"number": run.number})
                return redirect("migration", code)
            except NotNow as error:
                messages.error(request, refusal_words(error))
    context = {
        "migration": found,
        "form": form,
        "problems": sorted(problems, key=lambda problem: problem.order),
        "nothing": upload is not None and not upload.rows and not problems,
        "failed": _failed(found).count(),
        "only": only,
        "own_passwords": found.destination.get("form") == DestinationLogin.PASSWORD,
        "area": "migrations",
    }
    return render(request, "panel/migrations/again.html", context)


@page(Right.MIGRATE, methods=FORM)
def delete(request: PanelRequest, code: str) -> HttpResponse:
    """Asks, naming what goes; then it is gone."""
    found = migration_of(request, code)
    if request.method == "POST":
        try:
            mark_deleted(request.actor, found)
        except NotNow as error:
            messages.error(request, refusal_words(error))
            return redirect("migration", code)
        messages.success(request, _("Migration %(code)s is deleted.") % {"code": code})
        return redirect("migrations")
    running = found.runs.filter(status__in=UNFINISHED_RUN).exists()
    planned = found.runs.filter(status__in=(RunState.PLANNED, RunState.STOPPED)).exists()
    context = {"migration": found, "running": running, "planned": planned, "goes": contents(found), "area": "migrations"}
    return render(request, "panel/migrations/delete.html", context)


def _read(request: PanelRequest, found: MailMigration, form: AgainForm) -> CsvUpload:
    assert found.customer is not None
    refused = getattr(request, "upload_refused", False)
    return CsvUpload.read(request.viewer, found, form, Limits.of(found.customer), refused=refused)


def _failed(found: MailMigration) -> Any:
    run = current_run(found)
    return Account.objects.filter(transfers__run=run, transfers__status=TransferState.FAILED).order_by("line")


def _lines_without_passwords(found: MailMigration, only: str) -> str:
    """The CSV as it was, with the passwords to be filled in."""
    accounts = _failed(found) if only == "failed" else found.accounts.order_by("line")
    accounts = accounts.select_related("migration")
    return "\n".join(_line(account) for account in accounts)


def _line(account: Account) -> str:
    host = f"[{account.source_host}]" if ":" in account.source_host else account.source_host
    usual = 143 if account.migration.source_tls == "off" else 993
    server = host if account.source_port == usual else f"{host}:{account.source_port}"
    fields = [account.destination_address, server, account.login, "", *([account.master] if account.master else [])]
    return ";".join(_quoted(field) for field in fields)


def _quoted(field: str) -> str:
    if any(character in field for character in ';"') or field != field.strip():
        return '"' + field.replace('"', '""') + '"'
    return field


def _ring() -> KeyRing:
    return KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE)
