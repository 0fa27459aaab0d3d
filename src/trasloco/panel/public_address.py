"""Links that leave the panel: below the address the operator has given, so that no request can bend them elsewhere."""

from __future__ import annotations

from django.http import HttpRequest

from trasloco.records.models import Installation


def public_address(request: HttpRequest, path: str) -> str:
    """The whole address of a path. Before the operator has said how people reach the panel, it is that of the request
    (one of ``TRASLOCO_HOSTS``: Django refuses others)."""
    base = Installation.objects.get().public_url.rstrip("/")
    return base + path if base else request.build_absolute_uri(path)
