"""The operator's own mail systems: how any mailbox on them is opened, said once."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from trasloco.records.models.states import DestinationLogin


class SystemSecurity(models.TextChoices):
    """How the line is encrypted; the values of ``imap.endpoint.Security``."""

    IMPLICIT = "implicit", _("TLS from the start (993)")
    STARTTLS = "starttls", _("STARTTLS (143)")
    PLAIN = "plain", _("not encrypted")


class SystemTrust(models.TextChoices):
    """Which certificate is accepted; the values of ``imap.endpoint.Trust``."""

    VERIFY = "verify", _("checked against the known authorities")
    PIN = "pin", _("the one seen at the first test, and no other")


class DestinationSystem(models.Model):
    """One mail system of the operator. Which domains it serves: ``Domain.destination_system``.

    user, secret: the master's; separator: between mailbox and master ("*" of Dovecot). secret is a
    ciphertext of ``vault`` under the code ``vault_code``; wrapped_key, key_id as in ``MailMigration``.
    mx_hosts: what the MX records of domains on this system should name, in lower case; [] = not said.
    tested_*: the last time the test button was pressed, with which address, and what came of it in words.
    """

    name = models.CharField(max_length=200, unique=True)
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField(default=993)
    security = models.CharField(max_length=16, choices=SystemSecurity, default=SystemSecurity.IMPLICIT)
    trust = models.CharField(max_length=16, choices=SystemTrust, default=SystemTrust.VERIFY)
    fingerprint = models.CharField(max_length=64, blank=True)
    form = models.CharField(max_length=16, choices=DestinationLogin, default=DestinationLogin.MASTER)
    user = models.CharField(max_length=255, blank=True)
    separator = models.CharField(max_length=4, default="*", blank=True)
    secret = models.BinaryField(null=True)
    wrapped_key = models.BinaryField(null=True)
    key_id = models.CharField(max_length=32, default="")
    mx_hosts = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    tested_at = models.DateTimeField(null=True)
    tested_address = models.CharField(max_length=320, blank=True)
    tested_well = models.BooleanField(null=True)
    tested_words = models.TextField(blank=True)

    class Meta:
        db_table = "trasloco_destination_system"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def vault_code(self) -> str:
        """What its secrets are bound to; never the code of a migration, which has no colon."""
        return f"destination:{self.pk}"
