"""Bringing webhooks away: POST to the address that passed the address policy, signed, without redirections. No run waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime

from django.db import close_old_connections, transaction

from trasloco.jobs.errands import WEBHOOK, enqueue
from trasloco.records import clock
from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.models import Installation, MailState, WebhookDelivery
from trasloco.records.webhooks import Try, settle, signed, take_due
from trasloco.sources.web_page import NoPage, WebPages

log = logging.getLogger(__name__)

SECONDS = 15.0  # for one try


def post_due_webhooks(now: datetime | None = None) -> int:
    """Enqueue what is due; returns how many."""
    with transaction.atomic():
        due = take_due(now)
        for tried in due:
            enqueue(WEBHOOK, f"webhook-{tried.delivery}", delivery_id=tried.delivery, number=tried.number)
    return len(due)


async def deliver_webhook(delivery_id: int, number: int, ring: KeyRing, web: WebPages | None = None) -> None:
    """One try. Taken is what is answered with 2xx. web: of tests."""
    tried = Try(delivery_id, number)
    order = await asyncio.to_thread(_order, tried, ring)
    if order is None:
        return
    url, body, headers, private, words = order
    status: int | None = None
    if not words:
        try:
            status = await (web or WebPages(allow_private=private)).post(url, body, headers, SECONDS)
        except NoPage as error:
            words = str(error)
    await asyncio.to_thread(_settle, tried, status, words)


def _order(tried: Try, ring: KeyRing) -> tuple[str, bytes, Mapping[str, str], bool, str] | None:
    """url, body, headers, whether private addresses are allowed, and why it cannot be sent at all."""
    try:
        close_old_connections()
        found = WebhookDelivery.objects.select_related("webhook").filter(pk=tried.delivery, state=MailState.WAITING, attempts=tried.number)
        delivery = found.first()
        if delivery is None:
            return None
        headers, words = {"Content-Type": "application/json", "Trasloco-Event": delivery.event}, ""
        try:
            headers["Trasloco-Signature"] = signed(delivery.webhook, delivery.body, ring, clock.now())
        except KeyProblem as error:
            words = str(error)
        private = Installation.objects.get().allow_private_addresses
        return delivery.webhook.url, delivery.body.encode(), headers, private, words
    finally:
        close_old_connections()


def _settle(tried: Try, status: int | None, words: str) -> None:
    try:
        state = settle(tried, status, words)
    finally:
        close_old_connections()
    if state in (MailState.WAITING, MailState.GIVEN_UP):
        said = words or f"HTTP {status}"
        log.warning("webhook delivery %s was not taken (try %s), it is %s: %s", tried.delivery, tried.number, state.value, said)
