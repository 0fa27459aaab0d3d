"""Webhooks: where this installation tells programs what it tells people by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from pydantic import Field

from trasloco.api.bearer import SETTINGS, ApiRequest
from trasloco.api.cursor import LARGEST, Page, Wanted, one_page
from trasloco.api.given import Count, Given, Line
from trasloco.api.problem import Refused
from trasloco.panel.views.steps import key_ring
from trasloco.records.models import Customer, Webhook, WebhookDelivery
from trasloco.records.webhooks import LONGEST_URL, TooManyWebhooks, add_webhook, address_problem, remove_webhook, visible_webhooks
from trasloco.records.webhooks import test_webhook as write_test
from trasloco.secret import Secret

router = Router(tags=["webhooks"])


class NewWebhook(Given):
    url: Line = Field(max_length=LONGEST_URL, examples=["https://hooks.example.net/trasloco"])
    secret: Line = Field(
        min_length=24,
        max_length=200,
        description="Signs every message; at least 24 random characters.",
        json_schema_extra={"writeOnly": True},
    )
    customer: Count | None = Field(None, ge=1, le=LARGEST, description="Of the operator only: of whose migrations; null: of all.")


class WebhookShown(Schema):
    id: int
    url: str
    customer: int | None = Field(description="null: of all.")
    created_at: datetime


class DeliveryShown(Schema):
    """status: of the last answer, null when there was none. words: why there was none."""

    id: int
    event: str
    body: str
    state: str = Field(description="waiting, sent or given-up.")
    attempts: int
    created_at: datetime
    not_before: datetime | None = Field(description="When it is tried again.")
    sent_at: datetime | None
    status: int | None
    words: str


@router.get("/webhooks", response=Page[WebhookShown], auth=SETTINGS, summary="The webhooks")
def list_webhooks(request: ApiRequest, wanted: Wanted) -> object:
    return one_page(visible_webhooks(request.viewer), wanted, lambda hooks: [_shown(hook) for hook in hooks])


@router.post("/webhooks", response={201: WebhookShown}, auth=SETTINGS, summary="Add a webhook")
def create_webhook(request: ApiRequest, given: NewWebhook) -> object:
    """It is told of every state that people are told of by mail. The secret is yours to keep: it never comes back."""
    if problem := address_problem(given.url):
        raise Refused(422, "values-not-accepted", problem, fields={"url": [problem]})
    try:
        made = add_webhook(request.actor, _customer(request, given.customer), given.url, Secret(given.secret), key_ring())
    except TooManyWebhooks as error:
        raise Refused(409, "too-many-webhooks", "There are as many webhooks as may be. Remove one that is not used any more.") from error
    return Status(201, _shown(made))


@router.delete("/webhooks/{int:webhook_id}", response={204: None}, auth=SETTINGS, summary="Remove a webhook")
def delete_webhook(request: ApiRequest, webhook_id: int) -> object:
    """What was not delivered goes with it."""
    remove_webhook(request.actor, _hook(request, webhook_id))
    return HttpResponse(status=204)


@router.post("/webhooks/{int:webhook_id}/test", response=DeliveryShown, auth=SETTINGS, summary="Send a test")
def start_webhook_test(request: ApiRequest, webhook_id: int) -> object:
    """A message with the event `test`, within seconds; what came of it is in the deliveries."""
    return write_test(request.actor, _hook(request, webhook_id))


@router.get("/webhooks/{int:webhook_id}/deliveries", response=Page[DeliveryShown], auth=SETTINGS, summary="What was sent, the newest first")
def list_deliveries(request: ApiRequest, webhook_id: int, wanted: Wanted) -> object:
    """Of the last 30 days."""
    return one_page(WebhookDelivery.objects.filter(webhook=_hook(request, webhook_id)), wanted, list, newest_first=True)


def _hook(request: ApiRequest, webhook_id: int) -> Webhook:
    """Raises Http404."""
    found: Webhook = get_object_or_404(visible_webhooks(request.viewer), pk=webhook_id)
    return found


def _customer(request: ApiRequest, wanted: int | None) -> Customer | None:
    if wanted is None:
        return request.viewer.customer
    found = request.viewer.customers().filter(pk=wanted).first()
    if found is None:
        words = "There is no such customer among those you may see."
        raise Refused(422, "customer-unknown", words, fields={"customer": [words]})
    return found


def _shown(hook: Webhook) -> dict[str, Any]:
    return {"id": hook.pk, "url": hook.url, "customer": hook.customer_id, "created_at": hook.created_at}
