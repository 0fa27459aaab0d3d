"""The operator's pages of destination systems: how they are opened, and a test."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from trasloco.jobs.errands import test_system as start_test
from trasloco.panel.access import PanelRequest, page
from trasloco.panel.forms_operator import DestinationForm, MailboxAddressForm
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import DestinationLogin, DestinationSystem
from trasloco.records.rights import Right
from trasloco.records.systems import forget_certificate, remove_system, save_system
from trasloco.secret import Secret

FORM = ("GET", "HEAD", "POST")


@page(Right.OPERATE)
def destinations(request: PanelRequest) -> HttpResponse:
    found = DestinationSystem.objects.annotate(domain_count=Count("domains"))
    return render(request, "panel/operator/destinations.html", {"systems": found, "area": "destinations"})


@page(Right.OPERATE, methods=FORM)
def destination_new(request: PanelRequest) -> HttpResponse:
    return _form_page(request, None)


@page(Right.OPERATE, methods=FORM)
def destination(request: PanelRequest, system_id: int) -> HttpResponse:
    return _form_page(request, get_object_or_404(DestinationSystem, pk=system_id))


@page(Right.OPERATE, methods=("POST",))
def destination_remove(request: PanelRequest, system_id: int) -> HttpResponse:
    found = get_object_or_404(DestinationSystem, pk=system_id)
    if not remove_system(request.actor, found):
        messages.error(request, _("It still serves domains; give those to another system first."))
        return redirect("destination", system_id)
    messages.success(request, _("%(system)s is removed.") % {"system": found.name})
    return redirect("destinations")


@page(Right.OPERATE, methods=("POST",))
def destination_forget(request: PanelRequest, system_id: int) -> HttpResponse:
    """The pinned certificate: the server has a new one."""
    forget_certificate(request.actor, get_object_or_404(DestinationSystem, pk=system_id))
    messages.success(request, _("The certificate is forgotten. The next test that goes well pins the one it sees."))
    return redirect("destination", system_id)


@page(Right.OPERATE, methods=FORM)
def destination_test(request: PanelRequest, system_id: int) -> HttpResponse:
    """POST starts a test with one address; GET is the part of the page that shows how it went.

    Without JavaScript the answer to POST is the whole page.
    """
    system = get_object_or_404(DestinationSystem, pk=system_id)
    problem = ""
    if request.method == "POST":
        form = MailboxAddressForm(request.POST)
        if system.form == DestinationLogin.PASSWORD:
            start_test(request.actor, system, system.host)
        elif form.is_valid():
            start_test(request.actor, system, form.cleaned_data["address"])
        else:
            problem = str(form.errors["address"][0])
        system.refresh_from_db()
        if not request.htmx and not problem:
            return redirect("destination", system_id)
    context = _test_context(system) | {"problem": problem}
    if not request.htmx:
        return _form_page(request, system, context) if problem else redirect("destination", system_id)
    return render(request, "panel/operator/test.html", context)


def _form_page(request: PanelRequest, system: DestinationSystem | None, more: dict[str, object] | None = None) -> HttpResponse:
    """system: None = a new one. more: of a test that was refused; the form is then shown as it is stored."""
    given = None if more else request.POST or None
    # Of its own: what was typed and refused must not be shown as the system's name. A new one brings the defaults.
    form = DestinationForm(given, instance=DestinationSystem.objects.get(pk=system.pk) if system else DestinationSystem())
    if request.method == "POST" and given and form.is_valid():
        password = form.cleaned_data["password"]
        save_system(request.actor, form.instance, Secret(password) if password else None, _ring())
        messages.success(request, _("Saved. Now test it with the address of one mailbox."))
        return redirect("destination", form.instance.pk)
    context = {"form": form, "area": "destinations"}
    if system:
        context |= {"domains": system.domains.select_related("customer")} | _test_context(system) | (more or {})
    return render(request, "panel/operator/destination.html", context)


def _test_context(system: DestinationSystem) -> dict[str, object]:
    """running: the worker has it. reached_only: nothing is stored to sign in with."""
    return {
        "system": system,
        "running": bool(system.tested_address) and system.tested_well is None,
        "reached_only": system.form == DestinationLogin.PASSWORD,
    }


def _ring() -> KeyRing:
    return KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE)
