"""Addresses of people: first start, invitations, people, profile, a customer's settings, history, mails; the manual."""

from __future__ import annotations

from django.urls import path

from trasloco.panel.views import entrance, history, mails, manual, people, profile, tokens, webhooks

urlpatterns = [
    path("first-start/<str:token>/", entrance.first_start, name="first_start"),
    path("invitation/<str:who>/<str:token>/", entrance.accept_invitation, name="accept_invitation"),
    path("people/", people.people, name="people"),
    path("people/<int:person_id>/", people.person, name="person"),
    path("people/<int:person_id>/remove/", people.person_remove, name="person_remove"),
    path("people/<int:person_id>/invite-again/", people.person_invite, name="person_invite"),
    path("people/<int:person_id>/second-factor/", people.person_second_factor, name="person_second_factor"),
    path("profile/", profile.profile, name="profile"),
    path("profile/tokens/", tokens.tokens, name="tokens"),
    path("profile/tokens/new/", tokens.token_new, name="token_new"),
    path("profile/tokens/<int:token_id>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("settings/", profile.customer_settings, name="settings"),
    path("settings/webhooks/", webhooks.webhooks, name="webhooks"),
    path("settings/webhooks/<int:webhook_id>/", webhooks.webhook, name="webhook"),
    path("settings/webhooks/<int:webhook_id>/test/", webhooks.webhook_test, name="webhook_test"),
    path("settings/webhooks/<int:webhook_id>/remove/", webhooks.webhook_remove, name="webhook_remove"),
    path("history/", history.history, name="history"),
    path("mails/", mails.mails, name="mails"),
    path("mails/<int:mail_id>/again/", mails.mail_again, name="mail_again"),
    path("manual/", manual.manual, name="manual"),
    path("manual/<slug:name>/", manual.one_page, name="manual_page"),
]
