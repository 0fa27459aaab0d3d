"""Is all mail there? The sums of a migration, and the list behind each number."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render

from trasloco.panel.access import PanelRequest, migration_of, page
from trasloco.panel.live import live_part
from trasloco.records.completeness import completeness
from trasloco.records.fate_list import FATES, FateList
from trasloco.records.rights import Right
from trasloco.records.stages import ENDED, stage_of
from trasloco.records.verification import comparable

PER_PAGE = 100


@page(Right.MIGRATE)
def whole(request: PanelRequest, code: str) -> HttpResponse:
    """A part of the migration's page, asked for apart from it: every row of the ledger is counted for it."""
    migration = migration_of(request, code)
    context = {"migration": migration, "whole": completeness(migration), "can_compare": comparable(migration) is not None}
    return live_part(request, "panel/completeness/migration.html", context, more=stage_of(migration) not in ENDED)


@page(Right.MIGRATE)
def messages(request: PanelRequest, code: str, fate: str) -> HttpResponse:
    """The messages of a migration with one fate, by account, folder and reason."""
    migration = migration_of(request, code)
    if fate not in FATES:
        raise Http404
    found: Any = FateList(migration, fate)  # as much of a list as a paginator needs
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"migration": migration, "fate": fate, "fates": FATES, "messages_count": found.messages, "shown": shown, "area": "migrations"}
    return render(request, "panel/completeness/messages.html", context)
