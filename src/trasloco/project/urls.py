"""All addresses: sign-in, second factor and sessions are allauth's, the rest is the panel's."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("account/sessions/", include("allauth.usersessions.urls")),
    path("", include("trasloco.panel.urls")),
]
