"""The list of migrations, one migration, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from trasloco.panel.access import PanelRequest, account_of, migration_of, page, run_of
from trasloco.panel.diagnosis import diagnosis
from trasloco.panel.refusals import refusal_words
from trasloco.records.deletion import mark_deleted
from trasloco.records.history import Actor, note
from trasloco.records.models import LogEntry, MailMigration, ParkedMessage, RunState, Transfer
from trasloco.records.overviews import current_run, exceptions_of, folder_lines, run_lines, transfers_of
from trasloco.records.planning import NotNow, resume, retry_failed, start_now, stop
from trasloco.records.rights import Right
from trasloco.records.stages import Stage, stage_of, with_stage

PER_PAGE = 25
MOST_LINES = 5000


@page(Right.MIGRATE)
def migrations(request: PanelRequest) -> HttpResponse:
    """All he may see, the newest first. q: code, person, domain or address; stage: one of ``Stage``."""
    visible = request.viewer.migrations().select_related("customer", "asked_by")
    found: Any = with_stage(visible.annotate(lines=Count("accounts", distinct=True)))
    wanted, stage = request.GET.get("q", "").strip()[:200], request.GET.get("stage", "")
    if wanted:
        by_text = Q(code__iexact=wanted) | Q(asked_by_name__icontains=wanted) | Q(accounts__destination_address__icontains=wanted)
        found = found.filter(pk__in=request.viewer.migrations().filter(by_text).values("pk"))
    if stage in Stage.values:
        found = found.filter(stage=stage)
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    runs = run_lines(shown)
    lines = [{"migration": row, "stage": Stage(str(getattr(row, "stage", "draft"))), "runs": runs.get(row.pk, [])} for row in shown]
    query = urlencode({name: value for name, value in (("q", wanted), ("stage", stage)) if value})
    query = f"{query}&" if query else ""
    context = {"lines": lines, "shown": shown, "q": wanted, "stage": stage, "stages": Stage.choices, "query": query, "area": "migrations"}
    return render(request, "panel/migrations/list.html", context)


@page(Right.MIGRATE)
def migration(request: PanelRequest, code: str) -> HttpResponse:
    """One migration: where it stands, its runs, its accounts. A draft goes on in its steps."""
    found = migration_of(request, code)
    if found.planned_at is None and found.customer is not None:
        return redirect("new_check" if found.accounts.exists() else "new_csv", code)
    run = current_run(found)
    rows = [{"transfer": row, "advice": diagnosis(row.failure_code) if row.failure_code else None} for row in transfers_of(run)]
    context = {
        "migration": found,
        "stage": stage_of(found),
        "runs": run_lines([found]).get(found.pk, []),
        "run": run,
        "rows": rows,
        "waiting": [] if run else found.accounts.filter(left_out=False).order_by("line"),
        "mails": found.mails.all()[:10],
        "area": "migrations",
    }
    part = "panel/migrations/part.html" if request.htmx else "panel/migrations/migration.html"
    return render(request, part, context)


@page(Right.MIGRATE)
def account(request: PanelRequest, code: str, account_id: int) -> HttpResponse:
    """Folders with counts on both sides, every message that stayed behind, the logs."""
    found = account_of(request, code, account_id)
    transfers = [
        {"transfer": row, "folders": folder_lines(row), "advice": diagnosis(row.failure_code) if row.failure_code else None}
        for row in Transfer.objects.filter(account=found).select_related("run").order_by("run__number")
    ]
    exceptions, count = exceptions_of(found)
    context = {"account": found, "migration": found.migration, "transfers": transfers, "exceptions": exceptions, "exception_count": count}
    return render(request, "panel/migrations/account.html", context | {"area": "migrations"})


@page(Right.MIGRATE)
def account_log(request: PanelRequest, code: str, account_id: int, number: int) -> HttpResponse:
    """The log of one account in one run, live while it runs; ``?download`` as a text file."""
    found = account_of(request, code, account_id)
    transfer = get_object_or_404(Transfer, account=found, run=run_of(found.migration, number))
    entries = LogEntry.objects.filter(transfer=transfer).order_by("pk")
    if "download" in request.GET:
        note(request.actor, "log-downloaded", found.destination_address, migration=found.migration, run=number)
        text = "".join(f"{entry.at:%Y-%m-%d %H:%M:%S} UTC  {entry.level:7}  {entry.words}\n" for entry in entries.iterator())
        name = f"{code}-{found.pk}-log-{number}.txt"
        return HttpResponse(text, "text/plain; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'})
    running = transfer.status in ("running", "admitted", "waiting")
    shown = list(entries.reverse()[:MOST_LINES])[::-1]
    context = {"account": found, "migration": found.migration, "number": number, "entries": shown, "running": running, "area": "migrations"}
    return render(request, "panel/migrations/log_part.html" if request.htmx else "panel/migrations/log.html", context)


@page(Right.MIGRATE)
def parked(request: PanelRequest, code: str, account_id: int, parked_id: int) -> HttpResponse:
    """A message the destination took in no form, as it is on the source."""
    found = account_of(request, code, account_id)
    message = get_object_or_404(ParkedMessage, pk=parked_id, folder__account=found)
    note(request.actor, "parked-downloaded", found.destination_address, migration=found.migration)
    headers = {"Content-Disposition": f'attachment; filename="{code}-{message.source_uid}.eml"'}
    return HttpResponse(bytes(message.message), "application/octet-stream", headers=headers)


@page(Right.MIGRATE, methods=("POST",))
def act(request: PanelRequest, code: str, verb: str) -> HttpResponse:
    """Start now, stop, resume, retry what failed."""
    verbs: dict[str, Callable[[Actor, MailMigration], object]] = {
        "start": start_now,
        "stop": stop,
        "resume": resume,
        "retry": retry_failed,
    }
    if verb not in verbs:
        raise Http404
    found = migration_of(request, code)
    try:
        verbs[verb](request.actor, found)
    except NotNow as error:
        messages.error(request, refusal_words(error))
    return redirect("migration", code)


@page(Right.MIGRATE, methods=("GET", "HEAD", "POST"))
def delete(request: PanelRequest, code: str) -> HttpResponse:
    """Asks, naming what goes; then it is gone."""
    found = migration_of(request, code)
    running = found.runs.filter(status__in=[RunState.WAITING, RunState.RUNNING]).exists()
    if request.method == "POST":
        try:
            mark_deleted(request.actor, found)
        except NotNow as error:
            messages.error(request, refusal_words(error))
            return redirect("migration", code)
        messages.success(request, _("Migration %(code)s is deleted.") % {"code": code})
        return redirect("migrations")
    context = {"migration": found, "running": running, "accounts": found.accounts.count(), "area": "migrations"}
    return render(request, "panel/migrations/delete.html", context)
