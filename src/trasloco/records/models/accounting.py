"""What is told afterwards: counts by folder, the log, verifications."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.db import models

from trasloco.records.models.migration import Account, Transfer


class FolderTally(models.Model):
    """One folder in the report of one transfer; names as displayed."""

    transfer = models.ForeignKey(Transfer, models.CASCADE, related_name="tallies")
    position = models.IntegerField(default=0)
    source = models.TextField()
    destination = models.TextField(default="")
    note = models.TextField(default="")
    copied = models.BigIntegerField(default=0)
    adopted = models.BigIntegerField(default=0)
    moved = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    vanished = models.BigIntegerField(default=0)

    class Meta:
        db_table = "trasloco_folder_tally"
        constraints = (models.UniqueConstraint(fields=["transfer", "source"], name="trasloco_folder_tally_once"),)

    def __str__(self) -> str:
        return self.source


class LogEntry(models.Model):
    """``engine.sink.Entry``: a line of an account's log."""

    transfer = models.ForeignKey(Transfer, models.CASCADE, related_name="log")
    at = models.DateTimeField()
    level = models.CharField(max_length=8)
    action = models.CharField(max_length=64)
    folder = models.TextField(default="")
    uid = models.BigIntegerField(null=True)
    words = models.TextField()

    class Meta:
        db_table = "trasloco_log_entry"
        ordering = ("id",)

    def __str__(self) -> str:
        return self.words


class Verification(models.Model):
    """One account's destination read again and compared: ``engine.verify.Verification``.

    sample: messages asked for, None for all. asked: messages the ledger has on the destination that were
    looked at; counts: how many had which ``engine.verify.Verdict``; findings: the first ones that were not
    as they should be; failure_words: why it ended before, "" when it did not.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="verifications")
    at = models.DateTimeField()
    sample = models.IntegerField(null=True)
    asked = models.BigIntegerField()
    counts = models.JSONField()
    findings = models.JSONField(default=list)
    seconds = models.FloatField(default=0.0)
    size = models.BigIntegerField(default=0)
    failure_words = models.TextField(default="")

    class Meta:
        db_table = "trasloco_verification"
        indexes = (models.Index(fields=["account", "at"], name="trasloco_verification_newest"),)

    def __str__(self) -> str:
        return f"verification {self.pk}"

    def as_dict(self) -> dict[str, Any]:
        """The shape of reports and proofs; whole numbers and texts only."""
        return {
            "at": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sample": self.sample,
            "asked": self.asked,
            "counts": self.counts,
            "error": self.failure_words or None,
        }
