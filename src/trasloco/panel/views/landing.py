"""The address people type."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect

from trasloco.panel.access import PanelRequest, page


@page()
def home(request: PanelRequest) -> HttpResponse:
    """Migrations are what everybody comes for."""
    return redirect("migrations")
