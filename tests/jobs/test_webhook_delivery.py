"""Webhooks brought away to a real HTTPS server: signed, tried again, never redirected, never to where they must not go."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import ssl
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.fix_people import Cast
from trasloco.records.key_ring import KeyRing
from trasloco.secret import Secret
from trasloco.sources.web_page import WebPages
from trasloco.testing.certificates import Certificate
from trasloco.testing.web_server import Answer, WebServer
from trasloco.testing.zone import Zone

SECRET = "a secret of twenty-four or more"
HOOK = "old.example/hook"
Trusting = Callable[[], ssl.SSLContext]


@pytest.fixture
def hook(cast: Cast, ring: KeyRing) -> Any:
    """Of alpha, and the only one."""
    from trasloco.records.history import Actor
    from trasloco.records.models import Webhook
    from trasloco.records.webhooks import add_webhook

    Webhook.objects.all().delete()
    return add_webhook(Actor(cast.people["admin"]), cast.alpha, "https://old.example/hook", Secret(SECRET), ring)


def _tell(cast: Cast) -> Any:
    """A delivery; returns its row."""
    from trasloco.records.models import WebhookDelivery
    from trasloco.records.webhooks import tell_webhooks

    assert tell_webhooks("first-run-ended", cast.moving, cast.moving.runs.get(number=1)) == 1
    return WebhookDelivery.objects.get()


def _bring(ring: KeyRing, web: WebServer, trusting: Trusting, *, private: bool = True, now: Any = None) -> None:
    """What is due is tried by a worker."""
    from trasloco.jobs.webhook_delivery import deliver_webhook
    from trasloco.records.webhooks import take_due

    for tried in take_due(now):
        pages = WebPages(allow_private=private, port=web.port, context=trusting)
        asyncio.run(deliver_webhook(tried.delivery, tried.number, ring, pages))


def test_a_message_is_taken_and_its_signature_proves_it(
    cast: Cast, hook: Any, ring: KeyRing, zone: Callable[..., Zone], certificate: Certificate, trusting: Trusting
) -> None:
    delivery = _tell(cast)
    zone()
    with WebServer({HOOK: Answer(status=204)}, certificate) as web:
        _bring(ring, web, trusting)
        (request,) = web.requests
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status, delivery.attempts, delivery.words) == ("sent", 204, 1, "")
    said = json.loads(request.body)
    assert (said["event"], said["migration"], said["run"]["number"]) == ("first-run-ended", cast.moving.code, 1)
    at, _, digest = request.headers["trasloco-signature"].partition(",v1=")
    wanted = hmac.new(SECRET.encode(), at.removeprefix("t=").encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert digest == wanted


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer(status=500), 500),
        (Answer(status=302, headers={"Location": "https://old.example/other"}), 302),
    ],
)
def test_what_is_not_taken_is_tried_again_with_the_same_body_and_given_up_after_a_day(
    cast: Cast,
    hook: Any,
    ring: KeyRing,
    zone: Callable[..., Zone],
    certificate: Certificate,
    trusting: Trusting,
    answer: Answer,
    status: int,
) -> None:
    from trasloco.records.clock import now
    from trasloco.records.models import HistoryEntry
    from trasloco.records.webhooks import WAITS

    delivery = _tell(cast)
    zone()
    with WebServer({HOOK: answer, "old.example/other": Answer()}, certificate) as web:
        _bring(ring, web, trusting)
        _bring(ring, web, trusting)  # its minute has not come
        delivery.refresh_from_db()
        assert (delivery.state, delivery.status, delivery.attempts, delivery.words) == ("waiting", status, 1, "")
        for _ in WAITS:
            _bring(ring, web, trusting, now=now() + timedelta(days=1))
        assert {request.path for request in web.requests} == {"/hook"}
        assert len({request.body for request in web.requests}) == 1
        assert len(web.requests) == len(WAITS) + 1
    delivery.refresh_from_db()
    assert delivery.state == "given-up"
    assert HistoryEntry.objects.get(verb="webhook-given-up").subject == "old.example"
    assert timedelta(hours=22) < timedelta(minutes=sum(WAITS)) < timedelta(hours=24)


def test_a_private_address_is_not_called_unless_the_operator_allows_it(
    cast: Cast, hook: Any, ring: KeyRing, zone: Callable[..., Zone], certificate: Certificate, trusting: Trusting
) -> None:
    delivery = _tell(cast)
    zone()
    with WebServer({HOOK: Answer()}, certificate) as web:
        _bring(ring, web, trusting, private=False)
        assert web.requests == []
    delivery.refresh_from_db()
    assert (delivery.state, delivery.status) == ("waiting", None)
    assert delivery.words


def test_a_certificate_that_nobody_vouches_for_is_not_talked_to(
    cast: Cast, hook: Any, ring: KeyRing, zone: Callable[..., Zone], certificate: Certificate
) -> None:
    delivery = _tell(cast)
    zone()
    with WebServer({HOOK: Answer()}, certificate) as web:
        _bring(ring, web, ssl.create_default_context)
        assert web.requests == []
    delivery.refresh_from_db()
    assert "certificate" in delivery.words


def test_a_worker_that_was_too_slow_writes_nothing_over_a_later_try(cast: Cast, hook: Any) -> None:
    from trasloco.records.clock import now
    from trasloco.records.webhooks import LEASE, settle, take_due

    delivery = _tell(cast)
    (first,) = take_due()
    assert take_due() == []
    (second,) = take_due(now() + LEASE * 2)
    assert settle(first, 200, "") is None
    delivery.refresh_from_db()
    assert delivery.state == "waiting"
    assert settle(second, 200, "") == "sent"


def test_every_mail_of_a_migration_is_a_message_too(cast: Cast, hook: Any, ring: KeyRing) -> None:
    from trasloco.jobs.letters import write_letters
    from trasloco.records.models import MailKind, WebhookDelivery

    write_letters(MailKind.PLANNED, cast.moving, {"runs": list(cast.moving.runs.all())})
    assert WebhookDelivery.objects.get().event == "planned"


def test_another_customers_migrations_are_not_told(cast: Cast, hook: Any) -> None:
    from trasloco.records.models import MailMigration, WebhookDelivery
    from trasloco.records.webhooks import tell_webhooks

    MailMigration.objects.filter(pk=cast.moving.pk).update(customer=cast.beta)
    cast.moving.refresh_from_db()
    assert tell_webhooks("failed", cast.moving, None) == 0
    assert not WebhookDelivery.objects.exists()


def test_the_secret_is_nowhere_in_clear(cast: Cast, hook: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trasloco_webhook t WHERE t::text LIKE %s", [f"%{SECRET}%"])
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM trasloco_webhook t WHERE t::text LIKE %s", [f"%{SECRET.encode().hex()}%"])
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://hooks.example.net/a?b=c", True),
        ("https://hooks.example.net:8443/", True),
        ("http://hooks.example.net/", False),
        ("https://user:pass@hooks.example.net/", False),
        ("https://hooks.example.net/#x", False),
        ("https:///x", False),
        ("https://[bad/", False),
        ("https://hooks.example.net:99999/", False),
        ("https://hooks.example.net/ x", False),
        ("nonsense", False),
    ],
)
def test_which_addresses_are_taken(url: str, good: bool) -> None:
    from trasloco.records.webhooks import address_problem

    assert (address_problem(url) == "") is good
