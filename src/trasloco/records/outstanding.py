"""What has not been brought away yet: mails to people, and messages to webhooks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from trasloco.records.models import Mail, MailState, WebhookDelivery


@dataclass(frozen=True, slots=True)
class Outstanding:
    """waiting: how many. oldest: seconds since the first of them was written, 0 when there is none."""

    waiting: int
    oldest: float


def outstanding_mails(now: datetime) -> Outstanding:
    """One query, by an index that has what waits and nothing else."""
    return _outstanding(Mail.objects.filter(state=MailState.WAITING).aggregate(count=Count("pk"), first=Min("created_at")), now)


def outstanding_deliveries(now: datetime) -> Outstanding:
    """The same for webhooks."""
    waiting = WebhookDelivery.objects.filter(state=MailState.WAITING)
    return _outstanding(waiting.aggregate(count=Count("pk"), first=Min("created_at")), now)


def _outstanding(found: dict[str, object], now: datetime) -> Outstanding:
    count, first = found["count"], found["first"]
    assert isinstance(count, int)
    return Outstanding(count, max(0.0, (now - first).total_seconds()) if isinstance(first, datetime) else 0.0)
