"""All addresses: sign-in, second factor and sessions are allauth's, below ``api/`` are programs, the rest is the panel's."""

from __future__ import annotations

from django.urls import include, path

from trasloco.api.v1 import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("account/", include("trasloco.panel.urls_sign_in")),
    path("", include("trasloco.panel.urls")),
]
