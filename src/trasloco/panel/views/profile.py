"""One's own profile, and an admin's settings of his customer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from trasloco.panel.access import PanelRequest, page
from trasloco.panel.forms_people import CustomerSettingsForm, ProfileForm
from trasloco.panel.second_factor import has_second_factor
from trasloco.records.customers import save_customer
from trasloco.records.people_actions import change_profile
from trasloco.records.rights import Right

FORM = ("GET", "HEAD", "POST")


@page(methods=FORM)
def profile(request: PanelRequest) -> HttpResponse:
    """One's own name, language and time zone; the rest (password, second factor, sessions) is linked."""
    me = request.viewer.person
    form = ProfileForm(request.POST or None, initial={"name": me.name, "language": me.language, "time_zone": me.time_zone})
    if request.method == "POST" and form.is_valid():
        change_profile(request.actor, me, **form.cleaned_data)
        with translation.override(form.cleaned_data["language"]):
            messages.success(request, _("Saved."))
        return redirect("profile")
    return render(request, "panel/people/profile.html", {"form": form, "second_factor": has_second_factor(me), "area": "profile"})


@page(Right.SETTINGS, methods=FORM)
def customer_settings(request: PanelRequest) -> HttpResponse:
    """An admin's settings; the operator has those of the installation."""
    customer = request.viewer.customer
    if customer is None:
        return redirect("installation")
    form = CustomerSettingsForm(request.POST or None, initial={"language": customer.language, "time_zone": customer.time_zone})
    if request.method == "POST" and form.is_valid():
        customer.language, customer.time_zone = form.cleaned_data["language"], form.cleaned_data["time_zone"]
        save_customer(request.actor, customer)
        messages.success(request, _("Saved."))
        return redirect("settings")
    return render(request, "panel/people/settings.html", {"form": form, "customer": customer, "area": "settings"})
