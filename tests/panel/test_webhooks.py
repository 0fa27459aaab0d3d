"""Webhooks in the panel: added, tested, looked at, removed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.fix_people import Cast
from trasloco.records.key_ring import KeyRing


@pytest.fixture
def admin(cast: Cast, make_client: Callable[..., Any]) -> Any:
    return make_client(cast.people["admin"])


def test_a_new_webhook_shows_its_secret_once_and_signs_with_it(admin: Any, ring: KeyRing) -> None:
    import hashlib
    import hmac

    from trasloco.records.clock import now
    from trasloco.records.models import Webhook
    from trasloco.records.webhooks import signed

    answer = admin.post("/settings/webhooks/", {"url": "https://hooks.example.net/new"})
    shown = re.search(r'id="webhook-secret">([\w-]{43})<', answer.content.decode())
    assert shown is not None
    assert "no-store" in answer.headers["Cache-Control"]
    assert shown[1] not in admin.get("/settings/webhooks/").content.decode()
    header = signed(Webhook.objects.get(url="https://hooks.example.net/new"), "{}", ring, now())
    at, _, digest = header.partition(",v1=")
    assert digest == hmac.new(shown[1].encode(), f"{at.removeprefix('t=')}.{{}}".encode(), hashlib.sha256).hexdigest()


def test_an_address_that_is_none_is_refused_beside_its_field(admin: Any) -> None:
    from trasloco.records.models import Webhook

    before = Webhook.objects.count()
    page = admin.post("/settings/webhooks/", {"url": "http://hooks.example.net/"}).content.decode()
    assert "Write an address that begins with https://" in page
    assert Webhook.objects.count() == before


def test_a_test_is_listed_and_what_came_of_it(admin: Any, cast: Cast) -> None:
    from trasloco.records.webhooks import settle, take_due

    assert admin.post(f"/settings/webhooks/{cast.webhook}/test/").status_code == 302
    (tried,) = take_due()
    settle(tried, 503, "")
    page = admin.get(f"/settings/webhooks/{cast.webhook}/").content.decode()
    assert "The answer was 503." in page
    assert "the next try is" in page


def test_a_removed_one_is_gone_with_what_was_not_sent(admin: Any, cast: Cast) -> None:
    from trasloco.records.models import Webhook, WebhookDelivery

    admin.post(f"/settings/webhooks/{cast.webhook}/test/")
    admin.post(f"/settings/webhooks/{cast.webhook}/remove/")
    assert not Webhook.objects.filter(pk=cast.webhook).exists()
    assert not WebhookDelivery.objects.exists()
