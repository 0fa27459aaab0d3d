"""The list of migrations: searched, filtered, sorted by a column, page by page, live while one of them runs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import render

from trasloco.panel.access import PanelRequest, page
from trasloco.panel.forms_wizard import TYPES
from trasloco.panel.live import live_part
from trasloco.panel.query_text import query_text
from trasloco.records.matching import matching
from trasloco.records.models import Account, MailMigration, Run, Transfer
from trasloco.records.overviews import RunLine, run_lines
from trasloco.records.rights import Right
from trasloco.records.stages import ENDED, Stage, with_stage

PER_PAGE = 25
COLUMNS = {
    "code": ("code",),
    "status": ("stage",),
    "person": ("asked_by_name",),
    "type": ("source_type",),
    "accounts": ("lines",),
    "first": ("first_at",),
    "second": ("second_at",),
    "created": ("created_at",),
}
NEWEST = "-created"


@page(Right.MIGRATE)
def migrations(request: PanelRequest) -> HttpResponse:
    """All he may see. q: code, person, customer, domain or address; stage: one of ``Stage``; sort: a key of ``COLUMNS``, "-" before
    it for the other way round."""
    wanted, stage = query_text(request), request.GET.get("stage", "")
    sort = request.GET.get("sort", NEWEST)
    sort = sort if sort.removeprefix("-") in COLUMNS else NEWEST
    shown = Paginator(_found(request, wanted, stage, sort), PER_PAGE).get_page(request.GET.get("page"))
    asked = {"q": wanted, "stage": stage if stage in Stage.values else "", "sort": "" if sort == NEWEST else sort}
    kept = urlencode({name: value for name, value in asked.items() if value})
    lines = _lines(shown)
    context = {
        "lines": lines,
        "shown": shown,
        **asked,
        "sort": sort,
        "stages": Stage.choices,
        "query": f"{kept}&" if kept else "",
        "here": f"?{kept}{'&' if kept else ''}page={shown.number}",
        "filter": urlencode({name: asked[name] for name in ("q", "stage") if asked[name]}),
        "area": "migrations",
    }
    moving = any(line["stage"] not in (*ENDED, Stage.DRAFT) for line in lines)
    if request.htmx:
        return live_part(request, "panel/migrations/list_table.html", context, more=moving)
    return render(request, "panel/migrations/list.html", context | {"moving": moving})


def _found(request: PanelRequest, wanted: str, stage: str, sort: str) -> QuerySet[MailMigration]:
    visible = request.viewer.migrations()
    found: Any = with_stage(visible.select_related("customer", "asked_by")).annotate(
        lines=Coalesce(_of_first_run(), _of_the_csv(), 0),
        first_at=_hour(1),
        second_at=_hour(2),
    )
    if wanted:
        found = found.filter(pk__in=matching(visible, wanted))
    if stage in Stage.values:
        found = found.filter(stage=stage)
    minus = "-" if sort.startswith("-") else ""
    ordered: QuerySet[MailMigration] = found.order_by(*(f"{minus}{name}" for name in COLUMNS[sort.removeprefix("-")]), "-pk")
    return ordered


def _hour(number: int) -> Subquery:
    """When the run with this number began, or is to begin."""
    runs = Run.objects.filter(migration=OuterRef("pk"), number=number)
    return Subquery(runs.values(hour=Coalesce("started_at", "due_at", "created_at"))[:1])


def _of_first_run() -> Subquery:
    """How many accounts the first run has; None before it. A later run may be of some of them only."""
    taken = Transfer.objects.filter(run__migration=OuterRef("pk"), run__number=1).order_by().values("run")
    return Subquery(taken.annotate(number=Count("pk")).values("number"))


def _of_the_csv() -> Subquery:
    """How many accounts it has that nobody left out. Not joined to the migration: its stage would be found anew for each."""
    given = Account.objects.filter(migration=OuterRef("pk"), left_out=False).order_by().values("migration")
    return Subquery(given.annotate(number=Count("pk")).values("number"))


def _lines(shown: Page[MailMigration]) -> list[dict[str, Any]]:
    runs, titles = run_lines(shown), {name: title for name, title, *_words in TYPES}
    lines = []
    for row in shown:
        own: list[RunLine] = runs.get(row.pk, [])
        by_number = {run.number: run for run in own}
        current = next((run for run in own if run.under_way), None) or next((run for run in reversed(own) if not run.planned), None)
        lines.append(
            {
                "migration": row,
                "stage": Stage(str(getattr(row, "stage", Stage.DRAFT))),
                "type": titles.get(row.source_type, row.source_type),
                "first": by_number.get(1),
                "second": by_number.get(2),
                "current": current,
            }
        )
    return lines
