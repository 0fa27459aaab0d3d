"""The operator's page: how the installation stands, and what is wrong with it. It comes again by itself every few seconds."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from trasloco.panel.access import PanelRequest, page
from trasloco.panel.fresh import Fresh
from trasloco.panel.live import live_part
from trasloco.records.rights import Right
from trasloco.records.standing import Standing, standing
from trasloco.records.throughput import MINUTES
from trasloco.records.troubles import troubles

FRESH_SECONDS = 1.9
"""Less than the page's own pace; a hundred thousand accounts that wait are a tenth of a second's work for the database."""

MOST_LINES = 50
"""Of a table; where each account has a server of its own there are thousands."""

LATEST: Fresh[str, Standing] = Fresh(lambda _: standing(), FRESH_SECONDS)
"""Of this process. Nobody but operators comes here, and they all see everything."""


@page(Right.OPERATE)
def status(request: PanelRequest) -> HttpResponse:
    """Workers, queues, mail servers, throughput, who waits for what; by htmx the part that changes."""
    found = LATEST.latest("")
    context: dict[str, Any] = {
        "found": found,
        "told": troubles(found),
        "minutes": MINUTES,
        "hosts": found.hosts[:MOST_LINES],
        "more_hosts": max(0, len(found.hosts) - MOST_LINES),
        "waits": found.waits[:MOST_LINES],
        "more_waits": max(0, len(found.waits) - MOST_LINES),
        "area": "status",
    }
    if request.htmx:
        return live_part(request, "panel/operator/status_live.html", context, more=True)
    return render(request, "panel/operator/status.html", context)
