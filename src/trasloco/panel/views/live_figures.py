"""What the page of a migration asks for by itself: figures as events or one by one, and how the run went until now."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.db import connection
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse

from trasloco.panel.access import PanelRequest, migration_of, page
from trasloco.panel.shared_figures import GONE, SharedFigures
from trasloco.records.live_figures import live_figures
from trasloco.records.models import MailMigration
from trasloco.records.overviews import current_run
from trasloco.records.paces import pace_points
from trasloco.records.rights import Right
from trasloco.records.wall import Scope, current_scope, within


@dataclass(frozen=True, slots=True)
class _Figures:
    """Of which migration, for whose eyes: what was taken for one customer is never given to another."""

    migration_id: int
    scope: Scope | None


def _of(migration: MailMigration) -> _Figures:
    scope = current_scope()
    return _Figures(migration.pk, scope.of_anybody_there() if scope else None)


def _taken(figures: _Figures) -> str:
    """Its connection goes back to the pool at once: the threads that call this are nobody's request."""
    with within(figures.scope):
        try:
            migration = MailMigration.objects.filter(pk=figures.migration_id, deleting_at=None).first()
            return json.dumps(live_figures(migration).as_json(), separators=(",", ":")) if migration else GONE
        finally:
            connection.close()


SHARED = SharedFigures(_taken)
"""Of this process."""


@page(Right.MIGRATE)
def events(request: PanelRequest, code: str) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events; the connection to the database is given back before the first, as they go on for a minute."""
    migration = migration_of(request, code)
    connection.close()
    if request.method == "HEAD":  # has no body: nobody would see when a stream ends
        return HttpResponse(content_type="text/event-stream")
    response = StreamingHttpResponse(SHARED.stream(_of(migration)), content_type="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # nginx would keep them until it has 4 KB
    return response


@page(Right.MIGRATE)
def figures(request: PanelRequest, code: str) -> HttpResponse:
    """The same once, for browsers and proxies where events do not pass."""
    migration = migration_of(request, code)
    return HttpResponse(SHARED.latest(_of(migration)), content_type="application/json")


@page(Right.MIGRATE)
def progress(request: PanelRequest, code: str) -> JsonResponse:
    """How far the current run was, moment by moment: lists of seconds since 1970, of messages done and of messages left."""
    points = pace_points(current_run(migration_of(request, code)))
    return JsonResponse(
        {
            "at": [round(point.at.timestamp()) for point in points],
            "done": [point.done for point in points],
            "left": [point.to_go for point in points],
        }
    )
