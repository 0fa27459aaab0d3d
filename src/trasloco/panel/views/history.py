"""Who did what, when."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render

from trasloco.panel.access import PanelRequest, page
from trasloco.records.history import VERBS
from trasloco.records.models import HistoryEntry
from trasloco.records.rights import Right

PER_PAGE = 50


@page(Right.HISTORY)
def history(request: PanelRequest) -> HttpResponse:
    """The customer's, newest first; the operator sees all. q: looks in subject, person and code."""
    found = HistoryEntry.objects.select_related("customer").order_by("-id")
    if not request.viewer.operator:
        found = found.filter(customer__in=request.viewer.customers())
    wanted = request.GET.get("q", "").strip()[:200]
    if wanted:
        found = found.filter(Q(subject__icontains=wanted) | Q(person_name__icontains=wanted) | Q(migration_code__iexact=wanted))
    paginator = Paginator(found, PER_PAGE)
    entries = paginator.get_page(request.GET.get("page"))
    lines = [(entry, VERBS.get(entry.verb, entry.verb)) for entry in entries]
    return render(request, "panel/history.html", {"entries": entries, "lines": lines, "q": wanted, "area": "history"})
