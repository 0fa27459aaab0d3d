"""The address people type."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from trasloco.panel.access import PanelRequest, page
from trasloco.records.models import Domain
from trasloco.records.rights import Right


@page()
def home(request: PanelRequest) -> HttpResponse:
    """Migrations are what everybody comes for; before there is a domain, the operator is shown what is missing.
    Somebody who belongs to nobody any more is told so: every other page is 404 for him."""
    if not request.viewer.may(Right.MIGRATE):
        return render(request, "panel/people/nowhere.html")
    if request.viewer.operator and not Domain.objects.exists():
        return redirect("setup")
    return redirect("migrations")
