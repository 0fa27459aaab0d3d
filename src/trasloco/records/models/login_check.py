"""What came of trying the logins of one account before its migration is planned."""

from __future__ import annotations

from typing import Any

from django.db import models

from trasloco.records.models.migration import Account


class CheckState(models.TextChoices):
    """waiting -> running -> ok or failed; a row that is corrected waits again."""

    WAITING = "waiting"
    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"


class LoginCheck(models.Model):
    """Both sides of one account. ticket: grows with every new try; a late answer of an older one is not written.

    source, destination: dictionaries of one shape: {"ok": bool, "code": str, "words": str, "server": str};
    {} while not tried. folders, messages, size (bytes), too_large (messages over the limit), room (free bytes
    on the destination): None when not known. warnings: sentences that do not stop the account. retry: of an account that failed
    in a run: it is tried again there as soon as its logins work.
    """

    account = models.OneToOneField(Account, models.CASCADE, related_name="check_result")
    state = models.CharField(max_length=16, choices=CheckState, default=CheckState.WAITING)
    ticket = models.IntegerField(default=0)
    source: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    destination: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    folders = models.BigIntegerField(null=True)
    messages = models.BigIntegerField(null=True)
    size = models.BigIntegerField(null=True)
    too_large = models.BigIntegerField(null=True)
    room = models.BigIntegerField(null=True)
    warnings: models.JSONField[list[str]] = models.JSONField(default=list)
    retry = models.BooleanField(default=False, db_default=False)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "trasloco_login_check"

    def __str__(self) -> str:
        return f"check of account {self.account_id}"
