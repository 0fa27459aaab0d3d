"""What can be done with a migration: start, stop, resume, retry, another date, deletion."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from trasloco.jobs.errands import compare
from trasloco.panel.access import PanelRequest, account_of, migration_of, page, run_of
from trasloco.panel.forms_moment import DateForm
from trasloco.panel.forms_second_run import MX, SecondRunForm
from trasloco.panel.refusals import refusal_words
from trasloco.records.cut_over import wait_for_mx
from trasloco.records.deletion import contents, mark_deleted
from trasloco.records.history import Actor
from trasloco.records.leaving_out import take_in_again
from trasloco.records.limits import Limits
from trasloco.records.models import UNFINISHED_RUN, Account, MailMigration, Run, RunState, SecondRun
from trasloco.records.planning import NotNow, reschedule, resume, retry_failed, start_now, stop
from trasloco.records.renewed_certificates import accept_renewed
from trasloco.records.rights import Right

FORM = ("GET", "HEAD", "POST")
_VERBS: dict[str, Callable[[Actor, MailMigration], object]] = {
    "start": start_now,
    "stop": stop,
    "resume": resume,
    "retry": retry_failed,
    "compare": compare,
}


@page(Right.MIGRATE, methods=("POST",))
def act(request: PanelRequest, code: str, verb: str) -> HttpResponse:
    """Start now, stop, resume, retry what failed, compare."""
    if verb not in _VERBS:
        raise Http404
    found = migration_of(request, code)
    try:
        _VERBS[verb](request.actor, found)
        if verb == "compare":
            messages.success(request, _("The new mailboxes are read again and compared. What was found stands here when that is done."))
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
        retry_failed(request.actor, found.migration, [found.pk])
        messages.success(request, _("%(address)s is tried again.") % {"address": found.destination_address})
    except NotNow as error:
        messages.error(request, refusal_words(error))
    return redirect("account", found.migration.code, found.pk)


@page(Right.MIGRATE, methods=("POST",))
def account_take_in(request: PanelRequest, code: str, account_id: int) -> HttpResponse:
    """An account that was left out after it had failed, once more with the others."""
    found = account_of(request, code, account_id)
    try:
        take_in_again(request.actor, found)
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
    hours = Limits.of(found.customer).hours if found.customer and number == 2 else 0
    form = _date_form(request, found, run, hours)
    if request.method == "POST" and form.is_valid():
        try:
            _give_moment(request, run, form)
            messages.success(request, _("The date of run %(number)s is changed.") % {"number": number})
            return redirect("migration", code)
        except NotNow as error:
            form.add_error(None if form.cleaned_data.get("second_when") == MX else "at", refusal_words(error))
    first = found.runs.filter(number=1).first() if number == 2 else None
    context = {"migration": found, "run": run, "form": form, "hours": hours, "first": first, "area": "migrations"}
    return render(request, "panel/migrations/date.html", context)


def _date_form(request: PanelRequest, migration: MailMigration, run: Run, hours: int) -> DateForm:
    """A second run may also wait for the MX records. hours: the most of the customer, 0 where there is no such choice."""
    wall = timezone.localtime(run.due_at).replace(tzinfo=None) if run.due_at else None
    initial: dict[str, object] = {"at": wall, "time_zone": request.viewer.person.time_zone}
    if not hours:
        return DateForm(request.POST or None, initial=initial)
    initial |= {"second_when": migration.second_run_when, "quiet": migration.quiet_hours or ""}
    if migration.second_run_when == SecondRun.MX:
        initial["latest"] = migration.second_run_minutes
    return SecondRunForm(request.POST or None, initial=initial, hours=hours)


def _give_moment(request: PanelRequest, run: Run, form: DateForm) -> None:
    """Raises ``NotNow``."""
    values = form.cleaned_data
    if values.get("second_when") == MX:
        wait_for_mx(request.actor, run, values["latest"] // 60, values["quiet"])
    else:
        reschedule(request.actor, run, values["due_at"])


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
