"""What can be done with a planned migration and its runs: start, stop, resume, retry, once more, another date, another pace."""

from __future__ import annotations

from datetime import UTC, time

from ninja import Router, Schema
from pydantic import Field

from trasloco.api.bearer import CHANGE, LOOK, ApiRequest
from trasloco.api.drafts import Clock
from trasloco.api.given import Count, Given, Line, Moment
from trasloco.api.given_accounts import GivenAccounts, read_accounts
from trasloco.api.problem import Refused, refuse_form
from trasloco.api.shown_migrations import MigrationShown, shown_migration
from trasloco.panel.access import migration_of, run_of
from trasloco.panel.forms_moment import DateForm
from trasloco.panel.forms_pace import HoursForm
from trasloco.panel.views.steps import key_ring
from trasloco.plan.pace_limits import BOUNDS, PaceLimits
from trasloco.records.customer_credentials import kept_credentials
from trasloco.records.models import MailMigration
from trasloco.records.once_more import run_once_more
from trasloco.records.pacing import limits_of, set_limits, set_window
from trasloco.records.planning import refuse_another_run, reschedule, resume, retry_failed, start_now, stop

router = Router(tags=["runs"])

_LEAST = {name: int(least) for name, (least, _) in BOUNDS.items()}
_MOST = {name: int(most) for name, (_, most) in BOUNDS.items()}


class OnceMore(GivenAccounts):
    """The accounts that take part, with their passwords: those were wiped when the last run ended."""


class RunDate(Given):
    due_at: Moment


class Limits(Schema):
    """null: no limit but what the server says."""

    connections: int = Field(description="Of one mailbox at once.")
    connections_per_host: int | None
    messages_per_second: float | None
    bytes_per_second: int | None
    bytes_per_day: int | None = Field(description="Of one mailbox in 24 hours.")


class Pace(Schema):
    window_start: time | None
    window_end: time | None
    time_zone: str
    limits: Limits


class GivenLimits(Given):
    """All five: what is missing has no limit."""

    connections: Count = Field(ge=_LEAST["connections"], le=_MOST["connections"])
    connections_per_host: Count | None = Field(None, ge=_LEAST["connections_per_host"], le=_MOST["connections_per_host"])
    messages_per_second: float | None = Field(None, ge=0.1, le=10_000, strict=True)
    bytes_per_second: Count | None = Field(None, ge=_LEAST["bytes_per_second"], le=_MOST["bytes_per_second"])
    bytes_per_day: Count | None = Field(None, ge=_LEAST["bytes_per_day"], le=_MOST["bytes_per_day"])


class GivenPace(Given):
    """window_start and window_end: both, or null for any hour."""

    window_start: Clock | None
    window_end: Clock | None
    time_zone: Line = "UTC"
    limits: GivenLimits | None = Field(None, description="Of the operator only; null: as they are.")


@router.post("/migrations/{slug:code}/start", response=MigrationShown, auth=CHANGE, summary="Begin the next planned run at once")
def start_run(request: ApiRequest, code: str) -> object:
    """A second run that is planned keeps its distance."""
    found = migration_of(request, code)
    start_now(request.actor, found)
    return shown_migration(found)


@router.post("/migrations/{slug:code}/stop", response=MigrationShown, auth=CHANGE, summary="Stop the run under way")
def stop_run(request: ApiRequest, code: str) -> object:
    """What was copied stays."""
    found = migration_of(request, code)
    stop(request.actor, found)
    return shown_migration(found)


@router.post("/migrations/{slug:code}/resume", response=MigrationShown, auth=CHANGE, summary="Go on with the run that was stopped")
def resume_run(request: ApiRequest, code: str) -> object:
    found = migration_of(request, code)
    resume(request.actor, found)
    return shown_migration(found)


@router.post("/migrations/{slug:code}/retry", response=MigrationShown, auth=CHANGE, summary="Try the accounts again that failed")
def retry_run(request: ApiRequest, code: str) -> object:
    """In the last run; those too that wait for their next try."""
    found = migration_of(request, code)
    retry_failed(request.actor, found)
    return shown_migration(found)


@router.post("/migrations/{slug:code}/again", response=MigrationShown, auth=CHANGE, summary="One more run, at once")
def run_again(request: ApiRequest, code: str, given: OnceMore) -> object:
    """When all runs have ended. Only the accounts that are given take part."""
    found = migration_of(request, code)
    refuse_another_run(found)
    ring = key_ring()
    upload = read_accounts(request.viewer, found, given, once_more=True)
    oauth = upload.oauth or kept_credentials(request.viewer, found, upload.rows, ring)
    run_once_more(request.actor, found, upload.rows, upload.passwords, ring, oauth)
    return shown_migration(found)


@router.put("/migrations/{slug:code}/runs/{int:number}", response=MigrationShown, auth=CHANGE, summary="Another date for a run")
def reschedule_run(request: ApiRequest, code: str, number: int, given: RunDate) -> object:
    """That has not begun."""
    found = migration_of(request, code)
    run = run_of(found, number)
    try:
        at = given.due_at.astimezone(UTC)
    except OverflowError as error:
        words = "That is no moment that can be reckoned with."
        raise Refused(422, "values-not-accepted", words, fields={"due_at": [words]}) from error
    form = DateForm({"at": at.strftime("%Y-%m-%dT%H:%M:%S"), "time_zone": "UTC"})
    if not form.is_valid():
        raise refuse_form(form, {"at": "due_at"})
    reschedule(request.actor, run, at)
    return shown_migration(found)


@router.get("/migrations/{slug:code}/pace", response=Pace, auth=LOOK, summary="In which hours and how fast mail is moved")
def get_pace(request: ApiRequest, code: str) -> object:
    return _pace(migration_of(request, code))


@router.put("/migrations/{slug:code}/pace", response=Pace, auth=CHANGE, summary="Other hours, another pace")
def change_pace(request: ApiRequest, code: str, given: GivenPace) -> object:
    """It holds within a few seconds. The limits are the operator's."""
    found = migration_of(request, code)
    if given.limits is not None and not request.viewer.operator:
        raise Refused(422, "limits-of-the-operator", "The limits are the operator's to choose.", fields={"limits": ["Leave them out."]})
    form = HoursForm({"window_start": given.window_start, "window_end": given.window_end, "time_zone": given.time_zone})
    if not form.is_valid():
        raise refuse_form(form)
    chosen = (form.cleaned_data["window_start"], form.cleaned_data["window_end"], form.cleaned_data["time_zone"])
    if chosen != (found.window_start, found.window_end, found.time_zone) and (chosen[0] or found.window_start):
        set_window(request.actor, found, *chosen)
    if given.limits is not None and (wanted := PaceLimits(**given.limits.model_dump())) != limits_of(found):
        set_limits(request.actor, found, wanted)
    return _pace(MailMigration.objects.get(pk=found.pk))


def _pace(migration: MailMigration) -> dict[str, object]:
    return {
        "window_start": migration.window_start,
        "window_end": migration.window_end,
        "time_zone": migration.time_zone,
        "limits": limits_of(migration).as_settings(),
    }
