"""Addresses of the operator."""

from __future__ import annotations

from django.urls import path

from trasloco.panel.views import customers, destinations, installation, status

urlpatterns = [
    path("setup/", installation.setup, name="setup"),
    path("status/", status.status, name="status"),
    path("customers/", customers.customers, name="customers"),
    path("customers/<int:customer_id>/", customers.customer, name="customer"),
    path("customers/<int:customer_id>/remove/", customers.customer_remove, name="customer_remove"),
    path("customers/<int:customer_id>/lock/", customers.customer_lock, name="customer_lock"),
    path("customers/<int:customer_id>/domains/", customers.domain_add, name="domain_add"),
    path("domains/<int:domain_id>/remove/", customers.domain_remove, name="domain_remove"),
    path("destinations/", destinations.destinations, name="destinations"),
    path("destinations/new/", destinations.destination_new, name="destination_new"),
    path("destinations/<int:system_id>/", destinations.destination, name="destination"),
    path("destinations/<int:system_id>/remove/", destinations.destination_remove, name="destination_remove"),
    path("destinations/<int:system_id>/forget-certificate/", destinations.destination_forget, name="destination_forget"),
    path("destinations/<int:system_id>/test/", destinations.destination_test, name="destination_test"),
    path("installation/", installation.installation, name="installation"),
    path("installation/test-mail/", installation.mail_test, name="mail_test"),
]
