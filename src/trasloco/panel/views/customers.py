"""The operator's pages of customers: limits, domains, locked or not."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from trasloco.panel.access import PanelRequest, page
from trasloco.panel.forms_operator import CustomerForm, DomainForm
from trasloco.records.customers import lock_customer, remove_customer, save_customer
from trasloco.records.models import Customer, DestinationSystem, Domain, Installation
from trasloco.records.rights import Right
from trasloco.records.systems import add_domain, remove_domain

FORM = ("GET", "HEAD", "POST")


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
    context = {"customers": found, "form": form, "limits": Installation.objects.get(), "area": "customers"}
    return render(request, "panel/operator/customers.html", context)


@page(Right.OPERATE, methods=FORM)
def customer(request: PanelRequest, customer_id: int) -> HttpResponse:
    """One customer: limits, domains."""
    found = get_object_or_404(Customer, pk=customer_id)
    form = CustomerForm(request.POST or None, instance=get_object_or_404(Customer, pk=customer_id))
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
    messages.success(request, _("%(customer)s is removed.") % {"customer": found.name})
    return redirect("customers")


@page(Right.OPERATE, methods=("POST",))
def customer_lock(request: PanelRequest, customer_id: int) -> HttpResponse:
    """``locked``: "yes" or "no"."""
    found = get_object_or_404(Customer, pk=customer_id)
    locked = request.POST.get("locked") == "yes"
    lock_customer(request.actor, found, locked=locked)
    if locked:
        messages.success(request, _("Nobody of %(customer)s can sign in now. Migrations go on as planned.") % {"customer": found.name})
    else:
        messages.success(request, _("The people of %(customer)s can sign in again.") % {"customer": found.name})
    return redirect("customer", customer_id)


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
    messages.success(request, _("%(domain)s is removed.") % {"domain": found.name})
    return redirect("customer", found.customer_id)


def _customer_page(request: PanelRequest, found: Customer, form: CustomerForm, domain_form: DomainForm) -> HttpResponse:
    context = {
        "customer": found,
        "form": form,
        "domain_form": domain_form,
        "domains": found.domains.select_related("destination_system"),
        "systems": DestinationSystem.objects.exists(),
        "limits": Installation.objects.get(),
        "migration_count": found.migrations.count(),
        "area": "customers",
    }
    return render(request, "panel/operator/customer.html", context)
