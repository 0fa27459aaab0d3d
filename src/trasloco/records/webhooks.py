"""Webhooks: set up, told of what happens, tried again for a day. Every write, as a verb.

A delivery is written in the transaction of what it tells of. Taking it for a try counts the try, and what comes of it is written only
under that number: of two workers one sends it, and one that took too long writes nothing over a later try.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F, Q, QuerySet

from trasloco.records import clock
from trasloco.records.actions import clean
from trasloco.records.history import SCHEDULE, Actor, note
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import Customer, MailMigration, MailState, Run, Webhook, WebhookDelivery
from trasloco.records.rights import Right, Viewer
from trasloco.records.stages import stage_of
from trasloco.records.vault import Vault
from trasloco.records.wall import beyond
from trasloco.secret import Secret

WAITS = (1, 5, 15, 60, 180, 360, 720)  # minutes after each try that failed: a day, less an hour and a half; then it is given up
LEASE = timedelta(minutes=5)  # of one try; a worker that dies in it delays the delivery by that much
KEPT = timedelta(days=30)  # a delivery that is done, for people to look at
LONGEST_URL = 2000
MOST_HOOKS = 20  # of one customer
AT_ONCE = 50
TEST = "test"
_ROW = "webhook"


class TooManyWebhooks(Exception):
    """The customer has as many as anybody needs."""


@dataclass(frozen=True, slots=True)
class Try:
    """A delivery that is ours to bring away now. number: of the try, from 1."""

    delivery: int
    number: int


def address_problem(url: str) -> str:
    """Why a URL is none that we call, "" when it is one."""
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return "This is no URL."
    if parts.scheme != "https" or not named or not url.isascii() or any(char <= " " for char in url):
        return "Write an address that begins with https:// and a host's name."
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "Leave out user, password and fragment: the signature shows who calls."
    return ""


def visible_webhooks(viewer: Viewer) -> QuerySet[Webhook]:
    """Of whoever has the settings of his customer; the operator: all."""
    found = Webhook.objects.select_related("customer")
    if viewer.operator:
        return found
    return found.filter(customer__in=viewer.customers()) if viewer.may(Right.SETTINGS) else found.none()


@transaction.atomic
def add_webhook(actor: Actor, customer: Customer | None, url: str, secret: Secret, ring: KeyRing) -> Webhook:
    """url: without ``address_problem``. Raises ``TooManyWebhooks``."""
    if customer is not None:
        Customer.objects.select_for_update().get(pk=customer.pk)
    if Webhook.objects.filter(customer=customer).count() >= MOST_HOOKS:
        raise TooManyWebhooks
    made = Webhook.objects.create(customer=customer, url=url, created_at=clock.now())
    vault, made.wrapped_key, made.key_id = Vault.create(made.vault_code, ring)
    made.secret = vault.lock(secret, _ROW)
    made.save(update_fields=["secret", "wrapped_key", "key_id"])
    note(actor, "webhook-added", _host(url), customer=customer)
    return made


@transaction.atomic
def remove_webhook(actor: Actor, webhook: Webhook) -> None:
    """What was not delivered goes with it."""
    if Webhook.objects.filter(pk=webhook.pk).delete()[0]:
        note(actor, "webhook-removed", _host(webhook.url), customer=webhook.customer)


@transaction.atomic
def test_webhook(actor: Actor, webhook: Webhook) -> WebhookDelivery:
    """A delivery that tells of nothing."""
    note(actor, "webhook-tested", _host(webhook.url), customer=webhook.customer)
    return _write(webhook, TEST, None, {})


def tell_webhooks(event: str, migration: MailMigration, run: Run | None) -> int:
    """A delivery for each webhook of the migration's customer, and of the operator; returns how many. Call it in the transaction of what
    it tells of."""
    with beyond():  # the operator's own webhooks hear of all customers, whoever did it
        hooks = list(Webhook.objects.filter(Q(customer=None) | Q(customer=migration.customer)))
        if not hooks:
            return 0
        facts: dict[str, object] = {
            "migration": migration.code,
            "customer": migration.customer.name if migration.customer else None,
            "domains": migration.domains,
            "stage": stage_of(migration).value,
            "run": None if run is None else {"number": run.number, "status": run.status},
        }
        for hook in hooks:
            _write(hook, event, migration, facts)
        return len(hooks)


def take_due(now: datetime | None = None) -> list[Try]:
    """Those to be tried now, a bounded number; each is somebody's for a while from now on."""
    moment = now or clock.now()
    taken = []
    due = WebhookDelivery.objects.filter(Q(not_before=None) | Q(not_before__lte=moment), state=MailState.WAITING)
    for pk, attempts in list(due.order_by("pk").values_list("pk", "attempts")[:AT_ONCE]):
        mine = due.filter(pk=pk, attempts=attempts)
        if mine.update(attempts=F("attempts") + 1, not_before=moment + LEASE):
            taken.append(Try(pk, attempts + 1))
    return taken


def settle(tried: Try, status: int | None, words: str) -> MailState | None:
    """What came of it. status: of the answer, of which 2xx is taken; words: why there was none. None when it is somebody else's by now."""
    now = clock.now()
    mine = WebhookDelivery.objects.filter(pk=tried.delivery, state=MailState.WAITING, attempts=tried.number)
    if status is not None and 200 <= status < 300:
        state, columns = MailState.SENT, {"sent_at": now, "not_before": None}
    elif tried.number > len(WAITS):
        state, columns = MailState.GIVEN_UP, {"not_before": None}
    else:
        state, columns = MailState.WAITING, {"not_before": now + timedelta(minutes=WAITS[tried.number - 1])}
    with transaction.atomic():
        if not mine.update(state=state, status=status, words=clean(words), **columns):
            return None
        if state is MailState.GIVEN_UP:
            lost = WebhookDelivery.objects.select_related("webhook__customer", "migration").get(pk=tried.delivery)
            said = words or f"HTTP {status}"
            note(
                SCHEDULE, "webhook-given-up", _host(lost.webhook.url), customer=lost.webhook.customer, migration=lost.migration, words=said
            )
    return state


def signed(webhook: Webhook, body: str, ring: KeyRing, now: datetime) -> str:
    """The header ``Trasloco-Signature``: t=seconds since 1970, v1=HMAC-SHA256 in hex of "t.body". Raises ``KeyProblem``."""
    secret = Vault.open(webhook.vault_code, webhook.wrapped_key, webhook.key_id, ring).reveal(webhook.secret, _ROW)
    at = int(now.timestamp())
    digest = hmac.new(secret.reveal().encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def forget_deliveries(now: datetime) -> int:
    """Those that are done, after a month."""
    gone, _kinds = WebhookDelivery.objects.exclude(state=MailState.WAITING).filter(created_at__lte=now - KEPT).delete()
    return gone


def _write(webhook: Webhook, event: str, migration: MailMigration | None, facts: dict[str, object]) -> WebhookDelivery:
    now = clock.now()
    body = {"id": str(uuid.uuid4()), "event": event, "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"), **facts}
    return WebhookDelivery.objects.create(webhook=webhook, migration=migration, event=event, body=json.dumps(body), created_at=now)


def _host(url: str) -> str:
    """What the history may say: the rest of an address may be a secret."""
    return urlsplit(url).hostname or ""
