"""A draft on its way to a planned migration: when, the check of its logins, servers that are to be found, and the planning."""

from __future__ import annotations

import zoneinfo
from typing import Annotated, Literal

from ninja import Router, Schema
from pydantic import Field

from trasloco.api.bearer import CHANGE, LOOK, ApiRequest
from trasloco.api.given import Count, Flag, Given, Line, Moment
from trasloco.api.problem import Refused, refuse_form
from trasloco.api.shown_migrations import MigrationShown, shown_migration
from trasloco.jobs.errands import check_logins, find_servers, plan_migration
from trasloco.panel.access import migration_of
from trasloco.panel.forms_moment import MOST_DAYS_AHEAD
from trasloco.panel.forms_wizard import WhenForm
from trasloco.panel.views.check_table import check_sums
from trasloco.panel.views.steps import key_ring
from trasloco.records.drafts import leave_out_failed
from trasloco.records.limits import Limits
from trasloco.records.models import MailMigration
from trasloco.records.planning import set_schedule
from trasloco.records.server_search import ServersSought, servers_sought, take_servers

router = Router(tags=["drafts"])

CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
Clock = Annotated[Line, Field(pattern=CLOCK, examples=["22:00"])]
_NAMES = {"at": "first_run_at", "second": "second_run_hours", "start": "first_run_at", "which": "first_run_at"}


class Schedule(Given):
    """When, and who is told."""

    first_run_at: Moment | None = Field(None, description=f"null: as soon as it is planned; at most {MOST_DAYS_AHEAD} days away.")
    second_run_hours: Count | None = Field(6, description="After the first run's hour; null: no second run. 4 to 8 are advised.")
    time_zone: Line = Field("UTC", description="Of the window, by its name in the tz database.", examples=["Europe/Rome"])
    window_start: Clock | None = Field(None, description="Mail is moved from this hour on only; null with window_end: at any hour.")
    window_end: Clock | None = None
    recipients: list[Line] = Field([], max_length=10, description="Who gets the mails besides you.")
    newest_first: Flag = Field(
        False, description="INBOX and Sent before all other folders, and what came last first: their messages then stand in another order."
    )
    verification: Literal["", "sample", "all"] = Field("", description="Messages read again and compared after the last run.")


class CheckWanted(Given):
    failed: Flag = Field(False, description="Try those again that failed.")


class CheckSums(Schema):
    """How the check stands. ready: everything that is not left out works. counts: accounts by state."""

    ready: bool
    checking: bool
    counts: dict[str, int]
    folders: int
    messages: int
    bytes: int


class LeftOut(Schema):
    left_out: int


class Proposal(Schema):
    """What was found for the old addresses of one domain. words: why nothing was."""

    domain: str
    state: str
    host: str
    port: int | None
    accounts: int
    takeable: bool


class Servers(Schema):
    """missing: accounts without a server; unreachable: those whose server cannot be reached."""

    missing: int
    unreachable: int
    searching: bool
    proposals: list[Proposal]


class Take(Given):
    domain: Line | None = Field(None, description="null: all that was found.", max_length=253)


class Taken(Schema):
    """taken: accounts that have a server now; twice: those left as they were, as another has the same login there."""

    taken: int
    twice: int


@router.put("/migrations/{slug:code}/schedule", response=MigrationShown, auth=CHANGE, summary="When, and who is told")
def schedule_migration(request: ApiRequest, code: str, given: Schedule) -> object:
    """Of a draft. The date of a planned run is changed with `reschedule_run`."""
    draft = migration_of(request, code)
    form = WhenForm(_typed(given), hours=Limits.of(draft.customer).hours)
    if not form.is_valid():
        raise refuse_form(form, _NAMES)
    values = form.cleaned_data
    hours, more = (values["window_start"], values["window_end"]), {"newest_first": values["newest_first"]}
    set_schedule(
        draft, given.first_run_at, values["second"], values["time_zone"], values["recipients"], values["verification"], *hours, **more
    )
    return shown_migration(draft)


@router.get("/migrations/{slug:code}/check", response=CheckSums, auth=LOOK, summary="How the check of the logins stands")
def get_check(request: ApiRequest, code: str) -> object:
    """What came of each account is in its detail."""
    return _sums(migration_of(request, code))


@router.post("/migrations/{slug:code}/check", response=CheckSums, auth=CHANGE, summary="Check the logins")
def start_check(request: ApiRequest, code: str, given: CheckWanted) -> object:
    """What works is not tried again."""
    draft = migration_of(request, code)
    check_logins(request.actor, draft, failed=given.failed)
    return _sums(draft)


@router.post("/migrations/{slug:code}/leave-out-failed", response=LeftOut, auth=CHANGE, summary="Leave out all accounts whose logins fail")
def leave_failed(request: ApiRequest, code: str) -> object:
    return {"left_out": leave_out_failed(request.actor, migration_of(request, code))}


@router.get("/migrations/{slug:code}/servers", response=Servers, auth=LOOK, summary="What was found of servers that are missing")
def get_servers(request: ApiRequest, code: str) -> object:
    return _servers(servers_sought(migration_of(request, code)))


@router.post("/migrations/{slug:code}/servers/find", response=Servers, auth=CHANGE, summary="Look for the servers that are missing")
def start_search(request: ApiRequest, code: str) -> object:
    """By the domains of the old addresses. Nothing of it is used before somebody takes it."""
    draft = migration_of(request, code)
    find_servers(request.actor, draft)
    return _servers(servers_sought(draft))


@router.post("/migrations/{slug:code}/servers/take", response=Taken, auth=CHANGE, summary="Use the servers that were found")
def take_found_servers(request: ApiRequest, code: str, given: Take) -> object:
    """Their logins are checked at once."""
    draft = migration_of(request, code)
    taken, twice = take_servers(request.actor, draft, given.domain)
    if taken:
        check_logins(request.actor, draft)
    return {"taken": taken, "twice": twice}


@router.post(
    "/migrations/{slug:code}/plan", response=MigrationShown, auth=CHANGE, summary="Plan the migration: from now on it goes by itself"
)
def plan_draft(request: ApiRequest, code: str) -> object:
    """Every login that is not left out must have been checked and work."""
    draft = migration_of(request, code)
    if draft.customer is None:
        raise Refused(409, "of-the-command-line", "This migration was made on the command line, and goes on there.")
    plan_migration(request.actor, draft, key_ring())
    return shown_migration(draft)


def _typed(given: Schedule) -> dict[str, object]:
    """As the form of the panel has it; a zone that is none is left to the form to refuse."""
    typed: dict[str, object] = {
        "start": "now",
        "second": "" if given.second_run_hours is None else str(given.second_run_hours * 60),
        "time_zone": given.time_zone,
        "verification": given.verification,
        "recipients": ", ".join(given.recipients),
        "newest_first": "on" if given.newest_first else "",
        "window_start": given.window_start or "",
        "window_end": given.window_end or "",
    }
    if given.first_run_at is not None:
        try:
            at = given.first_run_at.astimezone(zoneinfo.ZoneInfo(given.time_zone))
        except (ValueError, OverflowError, OSError, zoneinfo.ZoneInfoNotFoundError):
            at = given.first_run_at
        twice = at.replace(fold=1 - at.fold).utcoffset() != at.utcoffset()  # where the clocks are put back; elsewhere it is not asked
        typed |= {"start": "at", "at": at.strftime("%Y-%m-%dT%H:%M:%S"), "which": str(at.fold) if twice else ""}
    return typed


def _sums(draft: MailMigration) -> dict[str, object]:
    found = check_sums(draft)
    sums = found["sums"]
    return {
        "ready": found["ready"],
        "checking": found["checking"],
        "counts": found["counts"],
        "folders": sums["folders"],
        "messages": sums["messages"],
        "bytes": sums["size"],
    }


def _servers(sought: ServersSought) -> dict[str, object]:
    return {
        "missing": sought.missing,
        "unreachable": sought.unreachable,
        "searching": sought.searching,
        "proposals": [
            {
                "domain": item.search.domain,
                "state": item.search.state,
                "host": item.search.host,
                "port": item.search.port,
                "accounts": item.accounts,
                "takeable": item.found and not item.refused,
            }
            for item in sought.proposals
        ],
    }
