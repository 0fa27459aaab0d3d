"""What can be done with a migration: start, stop, resume, retry, another date, deletion."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from trasloco.panel.access import PanelRequest, account_of, migration_of, page, run_of
from trasloco.panel.forms_migrations import DateForm
from trasloco.panel.refusals import refusal_words
from trasloco.records.deletion import contents, mark_deleted
from trasloco.records.history import Actor
from trasloco.records.limits import Limits
from trasloco.records.models import UNFINISHED_RUN, Account, MailMigration, RunState
from trasloco.records.planning import NotNow, reschedule, resume, retry_failed, start_now, stop
from trasloco.records.renewed_certificates import accept_renewed
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
    return _tried_again(request, account_of(request, code, account_id))


@page(Right.MIGRATE, methods=("POST",))
def account_certificate(request: PanelRequest, code: str, account_id: int) -> HttpResponse:
    """The old server's new certificate is right; this one account again."""
    found = account_of(request, code, account_id)
    if accept_renewed(request.actor, found):
        return _tried_again(request, found)
    messages.error(request, refusal_words(NotNow("nothing-to-retry")))
    return redirect("account", code, account_id)


def _tried_again(request: PanelRequest, found: Account) -> HttpResponse:
    try:
        retry_failed(request.actor, found.migration, found.pk)
        messages.success(request, _("%(address)s is tried again.") % {"address": found.destination_address})
    except NotNow as error:
        messages.error(request, refusal_words(error))
    return redirect("account", found.migration.code, found.pk)


@page(Right.MIGRATE, methods=FORM)
def run_date(request: PanelRequest, code: str, number: int) -> HttpResponse:
    """Another date for a run that has not begun."""
    found = migration_of(request, code)
    run = run_of(found, number)
    if run.status != RunState.PLANNED:
        messages.error(request, refusal_words(NotNow("already-begun")))
        return redirect("migration", code)
    zone = request.viewer.person.time_zone
    local = timezone.localtime(run.due_at)
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
