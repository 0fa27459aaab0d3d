"""What every template knows: who looks, what he may, which part of the panel he is in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from trasloco import __version__
from trasloco.records.rights import Right, Viewer


def panel(request: HttpRequest) -> dict[str, Any]:
    viewer: Viewer | None = getattr(request, "viewer", None)
    may = {right.name.lower(): viewer is not None and viewer.may(right) for right in Right}
    match = request.resolver_match
    return {"viewer": viewer, "may": may, "version": __version__, "here": match.url_name if match else ""}
