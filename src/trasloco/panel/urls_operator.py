"""Addresses of the operator."""

from __future__ import annotations

from django.urls import path

from trasloco.panel.views import operator

urlpatterns = [
    path("setup/", operator.setup, name="setup"),
    path("customers/", operator.customers, name="customers"),
    path("customers/<int:customer_id>/", operator.customer, name="customer"),
    path("customers/<int:customer_id>/remove/", operator.customer_remove, name="customer_remove"),
    path("customers/<int:customer_id>/domains/", operator.domain_add, name="domain_add"),
    path("domains/<int:domain_id>/remove/", operator.domain_remove, name="domain_remove"),
    path("destinations/", operator.destinations, name="destinations"),
    path("destinations/new/", operator.destination_new, name="destination_new"),
    path("destinations/<int:system_id>/", operator.destination, name="destination"),
    path("destinations/<int:system_id>/remove/", operator.destination_remove, name="destination_remove"),
    path("destinations/<int:system_id>/test/", operator.destination_test, name="destination_test"),
    path("installation/", operator.installation, name="installation"),
    path("installation/test-mail/", operator.mail_test, name="mail_test"),
]
