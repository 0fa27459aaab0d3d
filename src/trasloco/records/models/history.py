"""Who did what, when: one row for each thing a person (or the schedule) did."""

from __future__ import annotations

from typing import Any

from django.db import models

from trasloco.records.models.people import Customer, Person


class HistoryEntry(models.Model):
    """verb: a word of ``records.history.VERBS``; subject: what it was done to, as people name it (a migration's code,
    an address, a domain). person_name stays when the person goes; "" when the schedule did it. customer: None
    for what concerns the installation only. details: never a secret."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="history")
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="history")
    person_name = models.CharField(max_length=320, blank=True)
    address = models.GenericIPAddressField(null=True)
    verb = models.CharField(max_length=64)
    subject = models.CharField(max_length=400, blank=True)
    migration_code = models.CharField(max_length=16, blank=True, db_index=True)
    details: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)

    class Meta:
        db_table = "trasloco_history_entry"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.person_name} {self.verb} {self.subject}"
