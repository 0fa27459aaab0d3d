"""The settings of the whole installation, one row: limits, how mails are sent, where the panel is reached."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from trasloco.records.models.people import Language


class MailSecurity(models.TextChoices):
    TLS = "tls", _("TLS from the start (465)")
    STARTTLS = "starttls", _("STARTTLS (587)")
    PLAIN = "plain", _("not encrypted (25)")


class Installation(models.Model):
    """``Installation.objects.get()``: made by the first migration of the schema. Limits as in ``Customer``.

    public_url: how people reach the panel, for links in mails ("https://trasloco.example.net"); "" when not said.
    smtp_secret is a ciphertext of ``vault`` under the code "installation".
    all_, source_, destination_, customer_ with transfers and connections: the caps of ``plan.shares.Caps``, None = no limit.
    """

    most_lines = models.PositiveIntegerField(default=500)
    most_unfinished = models.PositiveIntegerField(default=10)
    most_message_bytes = models.PositiveBigIntegerField(default=50 * 1024 * 1024)
    most_hours = models.PositiveIntegerField(default=23)
    keep_days = models.PositiveIntegerField(default=30)
    allow_private_addresses = models.BooleanField(default=False)
    language = models.CharField(max_length=8, choices=Language, default=Language.ENGLISH)
    public_url = models.URLField(blank=True)
    smtp_host = models.CharField(max_length=255, blank=True)
    smtp_port = models.PositiveIntegerField(default=587)
    smtp_security = models.CharField(max_length=16, choices=MailSecurity, default=MailSecurity.STARTTLS)
    smtp_user = models.CharField(max_length=255, blank=True)
    smtp_secret = models.BinaryField(null=True)
    wrapped_key = models.BinaryField(null=True)
    key_id = models.CharField(max_length=32, default="")
    mail_from = models.CharField(max_length=320, blank=True)
    all_transfers = models.PositiveIntegerField(null=True, blank=True)
    all_connections = models.PositiveIntegerField(null=True, blank=True)
    source_transfers = models.PositiveIntegerField(null=True, blank=True)
    source_connections = models.PositiveIntegerField(null=True, blank=True)
    destination_transfers = models.PositiveIntegerField(null=True, blank=True, default=50, db_default=50)
    destination_connections = models.PositiveIntegerField(null=True, blank=True)
    customer_transfers = models.PositiveIntegerField(null=True, blank=True)
    customer_connections = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        db_table = "trasloco_installation"
        constraints = (models.CheckConstraint(condition=models.Q(pk=1), name="trasloco_installation_is_one"),)

    def __str__(self) -> str:
        return self.public_url or "installation"
