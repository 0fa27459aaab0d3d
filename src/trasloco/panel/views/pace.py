"""The hours and limits of a migration that is planned or under way."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from trasloco.panel.access import PanelRequest, migration_of, page
from trasloco.panel.forms_pace import HoursForm, PaceForm
from trasloco.records.models import MailMigration
from trasloco.records.pacing import limits_of, set_limits, set_window
from trasloco.records.rights import Right

FORM = ("GET", "HEAD", "POST")


@page(Right.MIGRATE, methods=FORM)
def pace(request: PanelRequest, code: str) -> HttpResponse:
    """Everybody who may see the migration chooses its hours; the limits are the operator's."""
    found = migration_of(request, code)
    given = request.POST if request.method == "POST" else None
    hours = HoursForm(given, initial=_hours(request, found))
    limits = PaceForm(given, initial=PaceForm.initial_of(limits_of(found))) if request.viewer.operator else None
    if given is not None and hours.is_valid() and (limits is None or limits.is_valid()):
        _save(request, found, hours, limits)
        messages.success(request, _("Saved. It holds within a few seconds."))
        return redirect("migration", code)
    context = {"migration": found, "hours": hours, "limits": limits, "area": "migrations"}
    return render(request, "panel/migrations/pace.html", context)


def _hours(request: PanelRequest, found: MailMigration) -> dict[str, object]:
    zone = found.time_zone if found.window_start else request.viewer.person.time_zone
    return {"window_start": found.window_start, "window_end": found.window_end, "time_zone": zone}


def _save(request: PanelRequest, found: MailMigration, hours: HoursForm, limits: PaceForm | None) -> None:
    """Only what is other than before, so that the history tells of nothing else."""
    chosen = (hours.cleaned_data["window_start"], hours.cleaned_data["window_end"], hours.cleaned_data["time_zone"])
    if chosen != (found.window_start, found.window_end, found.time_zone) and (chosen[0] or found.window_start):
        set_window(request.actor, found, *chosen)
    if limits is not None and (wanted := limits.limits()) != limits_of(found):
        set_limits(request.actor, found, wanted)
