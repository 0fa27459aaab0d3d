"""All addresses: sign-in, second factor and sessions are allauth's, the rest is the panel's."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("account/", include("trasloco.panel.urls_sign_in")),
    path("", include("trasloco.panel.urls")),
]
