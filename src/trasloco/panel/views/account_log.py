"""The log of one account in one run: readable, live while it runs, to be downloaded as text."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from trasloco.documents.plain import plain
from trasloco.panel.access import PanelRequest, account_of, page, run_of
from trasloco.records.diagnosis import diagnosis
from trasloco.records.history import note
from trasloco.records.models import UNFINISHED, LogEntry, Transfer
from trasloco.records.rights import Right
from trasloco.records.said import said

MOST_LINES = 500
"""At once; earlier lines are a click away."""


@page(Right.MIGRATE)
def account_log(request: PanelRequest, code: str, account_id: int, number: int) -> HttpResponse:
    """``after``: only lines newer than this id (what a page that stands asks for); ``before``: the lines before this one;
    ``level=problems``: warnings and errors; ``download``: everything, as a text file."""
    found = account_of(request, code, account_id)
    transfer = get_object_or_404(Transfer.objects.select_related("run"), account=found, run=run_of(found.migration, number))
    entries = LogEntry.objects.filter(transfer=transfer).order_by("pk")
    if "download" in request.GET:
        note(request.actor, "log-downloaded", found.destination_address, migration=found.migration, run=number)
        return _as_text(f"{code}-{found.pk}-log-{number}.txt", transfer, list(entries))
    problems = request.GET.get("level") == "problems"
    if problems:
        entries = entries.exclude(level__in=["info", "debug"])
    after, before = _id(request, "after"), _id(request, "before")
    if request.htmx:
        shown = list(entries.filter(pk__gt=after)[:MOST_LINES])
    else:
        earlier = entries.filter(pk__lt=before) if before else entries
        shown = list(earlier.reverse()[:MOST_LINES])[::-1]
    context = {
        "account": found,
        "migration": found.migration,
        "number": number,
        "transfer": transfer,
        "advice": diagnosis(transfer.failure_code) if transfer.failure_code else None,
        "entries": shown,
        "last": shown[-1].pk if shown else after,
        "first": shown[0].pk if shown and entries.filter(pk__lt=shown[0].pk).exists() else 0,
        "begins": transfer.started_at is not None
        and transfer.attempts == 0
        and not (after or before or problems)
        and len(shown) < MOST_LINES,
        "problems": problems,
        "running": transfer.status in UNFINISHED and not before,
        "numbers": list(Transfer.objects.filter(account=found).order_by("run__number").values_list("run__number", flat=True)),
        "area": "migrations",
    }
    return render(request, "panel/migrations/log_lines.html" if request.htmx else "panel/migrations/log.html", context)


def _id(request: PanelRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _as_text(name: str, transfer: Transfer, entries: list[LogEntry]) -> HttpResponse:
    account = transfer.account
    head = [
        _("%(address)s: log of run %(number)s of migration %(code)s")
        % {"address": account.destination_address, "number": transfer.run.number, "code": account.migration.code},
        _("from %(login)s at %(host)s; times are UTC") % {"login": plain(account.login), "host": account.source_host},
        "",
    ]
    ending = [f"{transfer.ended_at:%Y-%m-%d %H:%M:%S}  {transfer.status.replace('_', ' ')}"] if transfer.ended_at else []
    if transfer.failure_words:
        ending.append(plain(said(transfer.failure_words)))
    lines = [f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.level:7}  {plain(said(entry.words))}" for entry in entries]
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse("\n".join([*head, *lines, *ending, ""]), "text/plain; charset=utf-8", headers=headers)
