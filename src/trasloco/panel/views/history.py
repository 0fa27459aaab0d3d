"""Who did what, when."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render

from trasloco.panel.access import PanelRequest, page
from trasloco.panel.query_text import query_text
from trasloco.records.history import VERBS
from trasloco.records.models import HistoryEntry
from trasloco.records.rights import Right

PER_PAGE = 50


@page(Right.HISTORY)
def history(request: PanelRequest) -> HttpResponse:
    """The customer's, newest first; the operator sees all. q: looks in subject, person and code.

    From which network address the operator himself came is not shown to his customers.
    """
    found = HistoryEntry.objects.select_related("customer", "person").order_by("-id")
    if not request.viewer.operator:
        found = found.filter(customer__in=request.viewer.customers())
    wanted = query_text(request)
    if wanted:
        found = found.filter(Q(subject__icontains=wanted) | Q(person_name__icontains=wanted) | Q(migration_code__iexact=wanted))
    entries = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    codes = {entry.migration_code for entry in entries if entry.migration_code}
    open_to_him = set(request.viewer.migrations().filter(code__in=codes).values_list("code", flat=True))
    lines = [
        {
            "entry": entry,
            "verb": VERBS.get(entry.verb, entry.verb),
            "address": (entry.address or "") if request.viewer.operator or _of_no_operator(entry) else "",
            "linked": entry.migration_code in open_to_him,
        }
        for entry in entries
    ]
    query = request.GET.copy()
    query.pop("page", None)
    context = {"entries": entries, "lines": lines, "q": wanted, "query": f"{query.urlencode()}&" if query else "", "area": "history"}
    return render(request, "panel/history.html", context)


def _of_no_operator(entry: HistoryEntry) -> bool:
    """Who may not be seen by this viewer (``records.wall``) is taken for an operator."""
    return entry.person_id is None or (entry.person is not None and not entry.person.is_superuser)
