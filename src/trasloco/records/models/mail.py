"""Mails to people: written with what they tell of, in one transaction; sent by a job, again until it works."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from trasloco.records.models.migration import MailMigration
from trasloco.records.models.people import Customer, Language


class MailKind(models.TextChoices):
    PLANNED = "planned", _("Migration planned")
    LOGIN_PROBLEMS = "login-problems", _("Logins that do not work")
    FIRST_RUN_ENDED = "first-run-ended", _("First run ended")
    MX_CHANGED = "mx-changed", _("MX records changed")
    LAST_RUN_ENDED = "last-run-ended", _("Last run ended")
    FAILED = "failed", _("A run failed")
    INVITATION = "invitation", _("Invitation")
    TEST = "test", _("Test")


class MailState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    GIVEN_UP = "given-up", _("given up")


class Mail(models.Model):
    """One mail to one person. words: what the mail server said the last time it did not take it.

    Bodies with a one-time link (invitations) are emptied once sent.
    """

    kind = models.CharField(max_length=32, choices=MailKind)
    migration = models.ForeignKey(MailMigration, models.CASCADE, null=True, related_name="mails")
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="mails")
    recipient = models.CharField(max_length=320)
    language = models.CharField(max_length=8, choices=Language, default=Language.ENGLISH)
    subject = models.CharField(max_length=500)
    text = models.TextField()
    html = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=MailState, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    not_before = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True)

    class Meta:
        db_table = "trasloco_mail"
        ordering = ("-id",)
        indexes = (models.Index(fields=["not_before"], condition=models.Q(state="waiting"), name="trasloco_mail_waiting"),)

    def __str__(self) -> str:
        return self.subject
