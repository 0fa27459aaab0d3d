"""Where programs are told of what people are told by mail, and what became of each telling."""

from __future__ import annotations

from django.db import models

from trasloco.records.models.mail import MailState
from trasloco.records.models.migration import MailMigration
from trasloco.records.models.people import Customer


class Webhook(models.Model):
    """customer: whose migrations it is told of, None = all (the operator's). secret: ciphertext of what its messages are signed with,
    with a data key of its own; wrapped_key, key_id as in ``MailMigration``."""

    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="webhooks")
    url = models.CharField(max_length=2000)
    secret = models.BinaryField(null=True)
    wrapped_key = models.BinaryField(null=True)
    key_id = models.CharField(max_length=32, default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "trasloco_webhook"

    def __str__(self) -> str:
        return self.url

    @property
    def vault_code(self) -> str:
        """What its secret is bound to; never the code of a migration, which has no colon."""
        return f"webhook:{self.pk}"


class WebhookDelivery(models.Model):
    """One message to one webhook. event: of ``MailKind``; body: JSON, the same at each try. status: of the last answer, None = there was
    none; words: why there was none."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    migration = models.ForeignKey(MailMigration, models.CASCADE, null=True, related_name="deliveries")
    event = models.CharField(max_length=32)
    body = models.TextField()
    state = models.CharField(max_length=16, choices=MailState, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    status = models.SmallIntegerField(null=True)
    words = models.TextField(blank=True)

    class Meta:
        db_table = "trasloco_webhook_delivery"
        indexes = (models.Index(fields=["not_before"], condition=models.Q(state="waiting"), name="trasloco_delivery_waiting"),)

    def __str__(self) -> str:
        return f"{self.event} to {self.webhook_id}"
