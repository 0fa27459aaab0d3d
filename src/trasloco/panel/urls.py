"""The map of the panel. Names of addresses are what templates and tests use; public ids are codes, never numbers of rows."""

from __future__ import annotations

from django.urls import include, path

from trasloco.panel.views import landing

urlpatterns = [
    path("", landing.home, name="home"),
    path("", include("trasloco.panel.urls_people")),
    path("", include("trasloco.panel.urls_operator")),
    path("migrations/new/", include("trasloco.panel.urls_wizard")),
    path("migrations/", include("trasloco.panel.urls_migrations")),
]
