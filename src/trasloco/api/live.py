"""A migration while it moves: figures as events or once, and how its run went until now. The same as the panel's page."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from ninja import Router, Schema
from pydantic import Field

from trasloco.api.bearer import LOOK, ApiRequest
from trasloco.panel.views import live_figures

router = Router(tags=["live"])


class Figures(Schema):
    """done, expected: messages; size, expectedSize: bytes. stamp changes when something else than these numbers does."""

    run: int = Field(description="Number of the current run, 0 before the first.")
    letters: str = Field(
        description="One for each account: f failed, e with errors, r running, w waiting, a tries again, s stopped, "
        "c completed, p planned, l left out."
    )
    done: int
    expected: int
    size: int
    expectedSize: int  # noqa: N815 - the panel's script reads it so
    stamp: str
    over: bool = Field(description="Nothing moves any more.")


class Progress(Schema):
    """The current run, moment by moment."""

    at: list[int] = Field(description="Seconds since 1970.")
    done: list[int] = Field(description="Messages.")
    left: list[int] = Field(description="Messages.")


_EVENTS: dict[str, Any] = {
    "responses": {
        200: {
            "description": 'Events without a name; the data of each is the JSON of `get_figures`, or {"gone": true}',
            "content": {"text/event-stream": {"schema": {"type": "object", "properties": {"data": {"type": "string"}}}}},
        }
    }
}


@router.get("/migrations/{slug:code}/events", auth=LOOK, summary="Figures as server-sent events", openapi_extra=_EVENTS)
def get_events(request: ApiRequest, code: str) -> HttpResponseBase:
    """One a second at most, and only what says something else than the last. The stream ends after a minute, or when nothing moves any
    more: then ask again."""
    return live_figures.events(request, code)


@router.get("/migrations/{slug:code}/figures", response=Figures, auth=LOOK, summary="Figures of this moment")
def get_figures(request: ApiRequest, code: str) -> HttpResponseBase:
    return live_figures.figures(request, code)


@router.get("/migrations/{slug:code}/progress", response=Progress, auth=LOOK, summary="How the run went until now")
def get_progress(request: ApiRequest, code: str) -> HttpResponseBase:
    return live_figures.progress(request, code)
