"""The operator's pages: customers and their domains, destination systems, the installation's settings, mails."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from trasloco.jobs.errands import send_test_mail
from trasloco.jobs.errands import test_system as start_test
from trasloco.panel.access import PanelRequest, page
from trasloco.panel.forms_operator import CustomerForm, DestinationForm, DomainForm, InstallationForm
from trasloco.records.installation import save_installation
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import Customer, DestinationSystem, Domain, Installation, Mail, Person
from trasloco.records.people_actions import remove_customer, save_customer
from trasloco.records.rights import Right
from trasloco.records.systems import add_domain, remove_domain, remove_system, save_system
from trasloco.secret import Secret

FORM = ("GET", "HEAD", "POST")


@page(Right.OPERATE)
def setup(request: PanelRequest) -> HttpResponse:
    """What is still missing before the first migration."""
    done = {
        "destination": DestinationSystem.objects.exists(),
        "tested": DestinationSystem.objects.filter(tested_well=True).exists(),
        "customer": Customer.objects.exists(),
        "domain": Domain.objects.exists(),
        "person": Person.objects.filter(membership__isnull=False).exists(),
        "mail": bool(Installation.objects.get().smtp_host),
    }
    return render(request, "panel/operator/setup.html", {"done": done, "area": "setup"})


@page(Right.OPERATE, methods=FORM)
def customers(request: PanelRequest) -> HttpResponse:
    """All customers, and the form for one more."""
    form = CustomerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        save_customer(request.actor, form.instance)
        return redirect("customer", form.instance.pk)
    found = Customer.objects.annotate(
        people=Count("memberships", distinct=True),
        domain_count=Count("domains", distinct=True),
        migration_count=Count("migrations", distinct=True),
    )
    return render(request, "panel/operator/customers.html", {"customers": found, "form": form, "area": "customers"})


@page(Right.OPERATE, methods=FORM)
def customer(request: PanelRequest, customer_id: int) -> HttpResponse:
    """One customer: limits, domains."""
    found = get_object_or_404(Customer, pk=customer_id)
    form = CustomerForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        save_customer(request.actor, form.instance)
        messages.success(request, _("Saved."))
        return redirect("customer", found.pk)
    return _customer_page(request, found, form, DomainForm())


@page(Right.OPERATE, methods=("POST",))
def customer_remove(request: PanelRequest, customer_id: int) -> HttpResponse:
    found = get_object_or_404(Customer, pk=customer_id)
    if not remove_customer(request.actor, found):
        messages.error(request, _("The customer has migrations; delete them first."))
        return redirect("customer", customer_id)
    messages.success(request, _("Removed."))
    return redirect("customers")


@page(Right.OPERATE, methods=("POST",))
def domain_add(request: PanelRequest, customer_id: int) -> HttpResponse:
    found = get_object_or_404(Customer, pk=customer_id)
    form = DomainForm(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                add_domain(request.actor, found, form.cleaned_data["name"], form.cleaned_data["destination_system"])
            return redirect("customer", customer_id)
        except IntegrityError:  # somebody else gave it away in this moment
            form.add_error("name", _("This domain belongs to a customer already."))
    return _customer_page(request, found, CustomerForm(instance=found), form)


@page(Right.OPERATE, methods=("POST",))
def domain_remove(request: PanelRequest, domain_id: int) -> HttpResponse:
    found = get_object_or_404(Domain.objects.select_related("customer"), pk=domain_id)
    remove_domain(request.actor, found)
    messages.success(request, _("Removed."))
    return redirect("customer", found.customer_id)


@page(Right.OPERATE)
def destinations(request: PanelRequest) -> HttpResponse:
    found = DestinationSystem.objects.annotate(domain_count=Count("domains"))
    return render(request, "panel/operator/destinations.html", {"systems": found, "area": "destinations"})


@page(Right.OPERATE, methods=FORM)
def destination_new(request: PanelRequest) -> HttpResponse:
    return _destination_form(request, DestinationSystem())


@page(Right.OPERATE, methods=FORM)
def destination(request: PanelRequest, system_id: int) -> HttpResponse:
    return _destination_form(request, get_object_or_404(DestinationSystem, pk=system_id))


@page(Right.OPERATE, methods=("POST",))
def destination_remove(request: PanelRequest, system_id: int) -> HttpResponse:
    if not remove_system(request.actor, get_object_or_404(DestinationSystem, pk=system_id)):
        messages.error(request, _("It still serves domains; give those to another system first."))
        return redirect("destination", system_id)
    messages.success(request, _("Removed."))
    return redirect("destinations")


@page(Right.OPERATE, methods=FORM)
def destination_test(request: PanelRequest, system_id: int) -> HttpResponse:
    """POST starts a test with one address; GET is the part of the page that shows how it went."""
    system = get_object_or_404(DestinationSystem, pk=system_id)
    if request.method == "POST":
        address = request.POST.get("address", "").strip()[:320]
        if "@" in address:
            start_test(request.actor, system, address)
            system.refresh_from_db()
        else:
            return render(request, "panel/operator/test.html", {"system": system, "problem": _("Write the address of a mailbox there.")})
    running = bool(system.tested_address) and system.tested_well is None
    return render(request, "panel/operator/test.html", {"system": system, "running": running})


@page(Right.OPERATE, methods=FORM)
def installation(request: PanelRequest) -> HttpResponse:
    """Limits, mail server, the panel's own address."""
    form = InstallationForm(request.POST or None, instance=Installation.objects.get())
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["smtp_password"]
        secret = Secret(given) if given else None if form.cleaned_data["smtp_user"] else Secret("")
        save_installation(request.actor, form.instance, secret, _ring())
        messages.success(request, _("Saved."))
        return redirect("installation")
    mails = Mail.objects.order_by("-id")[:20]
    return render(request, "panel/operator/installation.html", {"form": form, "mails": mails, "area": "settings"})


@page(Right.OPERATE, methods=("POST",))
def mail_test(request: PanelRequest) -> HttpResponse:
    """A mail to oneself; what becomes of it is shown in the list."""
    send_test_mail(request.actor, request.viewer.person.email)
    messages.success(request, _("The test mail is on its way to %(email)s.") % {"email": request.viewer.person.email})
    return redirect("installation")


def _customer_page(request: PanelRequest, found: Customer, form: CustomerForm, domain_form: DomainForm) -> HttpResponse:
    context = {
        "customer": found,
        "form": form,
        "domain_form": domain_form,
        "domains": found.domains.select_related("destination_system"),
        "systems": DestinationSystem.objects.exists(),
        "limits": Installation.objects.get(),
        "area": "customers",
    }
    return render(request, "panel/operator/customer.html", context)


def _destination_form(request: PanelRequest, system: DestinationSystem) -> HttpResponse:
    form = DestinationForm(request.POST or None, instance=system)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["password"]
        save_system(request.actor, form.instance, Secret(given) if given else None, _ring())
        messages.success(request, _("Saved. Now test it with the address of one mailbox."))
        return redirect("destination", form.instance.pk)
    context = {"form": form, "system": system, "domains": system.domains.all() if system.pk else (), "area": "destinations"}
    return render(request, "panel/operator/destination.html", context)


def _ring() -> KeyRing:
    return KeyRing.open(settings.TRASLOCO_MASTER_KEY_FILE)
