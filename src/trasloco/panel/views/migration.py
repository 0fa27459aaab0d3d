"""One migration: where it stands, what is wrong, what to do now; its runs and its accounts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render

from trasloco.panel.access import PanelRequest, migration_of, page
from trasloco.panel.forms_wizard import TYPES
from trasloco.panel.live import live_part
from trasloco.panel.present_mx import present_mx
from trasloco.panel.query_text import query_text
from trasloco.panel.views.outlook_asked import outlook_of
from trasloco.records import clock
from trasloco.records.account_lines import ATTENTION, STATES, account_lines, accounts_with_state, narrowed, state_counts
from trasloco.records.diagnosis import Diagnosis, diagnosis
from trasloco.records.failure_groups import Kind, run_groups
from trasloco.records.failure_remedies import remedies_of
from trasloco.records.live_figures import squares
from trasloco.records.models import ENDED_RUN, UNFINISHED_RUN, MailMigration, Run, RunState, Transfer
from trasloco.records.mx_lines import mx_lines
from trasloco.records.mx_watches import all_changed, watched
from trasloco.records.overviews import RunLine, current_run, run_lines
from trasloco.records.paces import pace_points, time_left
from trasloco.records.pacing import window_of
from trasloco.records.quiet import quiet_of
from trasloco.records.resting import rest_of
from trasloco.records.rights import Right
from trasloco.records.stages import ENDED, Stage, stage_of
from trasloco.records.verification import verification_sums

PER_PAGE = 50
MOST_DOMAINS = 20
MOST_ROWS = 12  # of the chart's numbers


@page(Right.MIGRATE)
def migration(request: PanelRequest, code: str) -> HttpResponse:
    """A draft goes on in its steps. state: one of ``account_lines.STATES`` or ``ATTENTION``; q: words of address or login."""
    found = migration_of(request, code)
    if found.planned_at is None and found.customer is not None:
        return redirect("new_check" if found.accounts.exists() else "new_csv", code)
    stage = stage_of(found)
    context = {**standing(found, stage), **_accounts(request, found), "mails": found.mails.all()[:20], "area": "migrations"}
    if request.htmx:
        response = live_part(request, "panel/migrations/live.html", context, more=stage not in ENDED)
        # The parts beside ask at once: the MX records, and the sums of a page that was opened before the first run.
        told = [name for name, happened in (("mx-now", context["mx_now"]), ("begun", context["run"])) if happened]
        if told:
            response.headers["HX-Trigger"] = ", ".join(told)
        return response
    if stage is Stage.PLANNED:
        context |= outlook_of(found, request.GET)
    return render(request, "panel/migrations/migration.html", context | _whole(found) | {"live": stage not in ENDED})


@page(Right.MIGRATE)
def migration_mx(request: PanelRequest, code: str) -> HttpResponse:
    """The MX records of its domains as they are watched. Of a migration from before they were, when it is the moment to change them:
    asked of the name server, apart from the page, which does not wait for it."""
    found = migration_of(request, code)
    stage, run, runs = stage_of(found), current_run(found), run_lines([found]).get(found.pk, [])
    context: dict[str, Any] = {"migration": found, "mx_now": _mx_now(stage, runs, _line(runs, run))}
    context |= _mx(found, stage, runs, run)
    if context["mx_now"] and not context["lines"]:
        context |= {"servers": present_mx(found.domains[:MOST_DOMAINS])}
    return live_part(request, "panel/migrations/mx.html", context, more=context["mx_now"] or watched(found) or stage not in ENDED)


def _mx(found: MailMigration, stage: Stage, runs: list[RunLine], run: Run | None) -> dict[str, Any]:
    """Its domains as they are watched; before the first run has ended, with when their time to live must have been lowered."""
    lines = mx_lines(found, MOST_DOMAINS)
    first = next((item for item in runs if item.number == 1), None)
    early = first is not None and first.status not in ENDED_RUN
    if early and first is not None:
        left = time_left(found, run, first)
        change = first.due_at if first.planned and first.due_at else clock.now()
        change += timedelta(seconds=left.least if left is not None else 0)
        lines = [replace(line, before=line.lower_before(change)) for line in lines]
    return {"lines": lines, "early": early, "more": len(found.domains) - len(lines), "wanted": any(line.wanted for line in lines)}


def _whole(found: MailMigration) -> dict[str, Any]:
    """All accounts as squares with how many are in which state; and how the run went, for its chart."""
    run = current_run(found)
    drawn = squares(found, run)
    points = pace_points(run)
    return {
        "squares": drawn,
        "counts": Counter(square.letter for square in drawn),
        "letters": "".join(square.letter for square in drawn),
        "points": points[:: max(1, len(points) // MOST_ROWS)],
    }


def standing(found: MailMigration, stage: Stage) -> dict[str, Any]:
    """What the top of the page says: stage, runs, next and current run, what is wrong, and which buttons there are."""
    run, runs = current_run(found), run_lines([found]).get(found.pk, [])
    line = _line(runs, run)
    groups, now = run_groups(run), clock.now()
    rest = rest_of(run, now) if run is not None and run.status in UNFINISHED_RUN else None
    has_passwords = found.wrapped_key is not None
    return {
        "migration": found,
        "type": {name: title for name, title, *_words in TYPES}.get(found.source_type, found.source_type),
        "stage": stage,
        "runs": runs,
        "run": run,
        "line": line,
        "left": time_left(found, run, line),
        "rest": rest,
        "window": window_of(found),
        "next": next((item for item in runs if item.planned), None),
        "failed": sum(group.count for group in groups if group.kind is Kind.FAILED),
        "groups": [{"group": group, "remedies": remedies_of(found, group, stopped=stage is Stage.STOPPED)} for group in groups],
        "can_retry": bool(groups) and has_passwords and stage is not Stage.STOPPED,
        "can_again": stage in ENDED and not has_passwords and found.customer is not None,
        "mx_now": _mx_now(stage, runs, line),
        "mx_watched": watched(found),
        "all_changed": all_changed(found),
        "latest_hours": (found.second_run_minutes or 0) // 60,
        "quiet": quiet_of(found, run) if run is not None and run.status in ENDED_RUN else None,
        "verified": _verified(found, run),
        "has_passwords": has_passwords,
    }


def _mx_now(stage: Stage, runs: list[RunLine], line: RunLine | None) -> bool:
    """Is it the moment to change the MX records? After the first run, unless it failed as a whole."""
    first_ended = line is not None and line.number == 1 and line.status in (RunState.COMPLETED, RunState.COMPLETED_WITH_ERRORS)
    return first_ended and (stage is Stage.BETWEEN or len(runs) == 1)


def _verified(found: MailMigration, run: Run | None) -> dict[str, int] | None:
    if run is None or run.verified_at is None:
        return None
    return verification_sums(found, run.ended_at)


def _accounts(request: PanelRequest, found: MailMigration) -> dict[str, Any]:
    """The table: one page of the accounts that are asked for, and how many there are of each kind."""
    run = current_run(found)
    state, words = request.GET.get("state", ""), query_text(request)
    state = state if state in (*STATES, ATTENTION) else ""
    everyone = accounts_with_state(found, run)
    shown = Paginator(narrowed(everyone, run, state=state, words=words), PER_PAGE).get_page(request.GET.get("page"))
    lines = [{"line": item, "advice": _advice(found, item.transfer)} for item in account_lines(shown, run)]
    counts = state_counts(found, run)
    kept = urlencode({name: value for name, value in (("state", state), ("q", words)) if value})
    return {
        "lines": lines,
        "shown": shown,
        "filters": [(name, counts[name]) for name in (ATTENTION, *STATES) if counts.get(name)],
        "all_accounts": sum(count for name, count in counts.items() if name != ATTENTION),
        "state": state,
        "q": words,
        "query": f"{kept}&" if kept else "",
        "here": f"?{kept}{'&' if kept else ''}page={shown.number}",
    }


def _advice(found: MailMigration, transfer: Transfer | None) -> Diagnosis | None:
    if transfer is None or not transfer.failure_code:
        return None
    return diagnosis(transfer.failure_code, found.source_type if transfer.failure_side == "source" else "")


def _line(runs: list[RunLine], run: Run | None) -> RunLine | None:
    return next((item for item in runs if run is not None and item.number == run.number), None)
