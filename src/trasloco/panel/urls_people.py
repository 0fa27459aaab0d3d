"""Addresses of people: first start, invitations, people, profile, a customer's settings, history."""

from __future__ import annotations

from django.urls import path

from trasloco.panel.views import history, people

urlpatterns = [
    path("first-start/<str:token>/", people.first_start, name="first_start"),
    path("invitation/<str:who>/<str:token>/", people.accept_invitation, name="accept_invitation"),
    path("people/", people.people, name="people"),
    path("people/<int:person_id>/", people.person, name="person"),
    path("people/<int:person_id>/remove/", people.person_remove, name="person_remove"),
    path("profile/", people.profile, name="profile"),
    path("settings/", people.customer_settings, name="settings"),
    path("history/", history.history, name="history"),
]
