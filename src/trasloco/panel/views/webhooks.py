"""Webhooks: where programs are told what people are told by mail; what was sent, and a test."""

from __future__ import annotations

import secrets

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from trasloco.panel.access import PanelRequest, page
from trasloco.panel.forms_webhooks import WebhookForm
from trasloco.panel.views.steps import key_ring
from trasloco.records.models import Webhook
from trasloco.records.rights import Right
from trasloco.records.webhooks import MOST_HOOKS, TooManyWebhooks, add_webhook, remove_webhook, test_webhook, visible_webhooks
from trasloco.secret import Secret

MOST_DELIVERIES = 100


@page(Right.SETTINGS, methods=("GET", "HEAD", "POST"))
def webhooks(request: PanelRequest) -> HttpResponse:
    """Those of the customer, of the operator all; and the form for one more. Its secret is on the answer itself, and nowhere else."""
    form = WebhookForm(request.POST if request.method == "POST" else None)
    secret = ""
    if request.method == "POST" and form.is_valid():
        fresh = secrets.token_urlsafe(32)
        try:
            add_webhook(request.actor, request.viewer.customer, form.cleaned_data["url"], Secret(fresh), key_ring())
            form, secret = WebhookForm(), fresh
        except TooManyWebhooks:
            form.add_error("url", _("There are %(most)s webhooks already. Remove one that is not used any more.") % {"most": MOST_HOOKS})
    hooks = visible_webhooks(request.viewer).order_by("pk")
    return render(request, "panel/webhooks/list.html", {"hooks": hooks, "form": form, "secret": secret, "area": "settings"})


@page(Right.SETTINGS)
def webhook(request: PanelRequest, webhook_id: int) -> HttpResponse:
    """What was sent to it, the newest first."""
    found = _hook(request, webhook_id)
    deliveries = found.deliveries.select_related("migration").order_by("-pk")[:MOST_DELIVERIES]
    return render(request, "panel/webhooks/one.html", {"hook": found, "deliveries": deliveries, "area": "settings"})


@page(Right.SETTINGS, methods=("POST",))
def webhook_test(request: PanelRequest, webhook_id: int) -> HttpResponse:
    """A message that tells of nothing."""
    test_webhook(request.actor, _hook(request, webhook_id))
    messages.success(request, _("A test is sent within a minute. Load this page again to see what came of it."))
    return redirect("webhook", webhook_id)


@page(Right.SETTINGS, methods=("POST",))
def webhook_remove(request: PanelRequest, webhook_id: int) -> HttpResponse:
    """What was not delivered goes with it."""
    remove_webhook(request.actor, _hook(request, webhook_id))
    messages.success(request, _("The webhook is removed."))
    return redirect("webhooks")


def _hook(request: PanelRequest, webhook_id: int) -> Webhook:
    """Raises Http404."""
    found: Webhook = get_object_or_404(visible_webhooks(request.viewer), pk=webhook_id)
    return found
