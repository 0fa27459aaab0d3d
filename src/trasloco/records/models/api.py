"""The API's tokens, and the answers it keeps so that a request sent twice is done once."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from trasloco.records.models.people import Person


class ApiToken(models.Model):
    """By which a program acts as a person. digest: SHA-256 of the token in hex; the token itself is nowhere. hint: its first
    characters, for people who have several. scopes: of ``records.api_tokens.SCOPES``. counted_from, counted: requests since the
    beginning of a minute, for the rate limit."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    hint = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=16))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    counted_from = models.DateTimeField(null=True)
    counted = models.IntegerField(default=0)

    class Meta:
        db_table = "trasloco_api_token"
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name


class ApiAnswer(models.Model):
    """What was answered to a request that named an Idempotency-Key. request: a keyed digest of method, path and body, in hex;
    headers: the few that belong to the answer."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="answers")
    key = models.CharField(max_length=255)
    request = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_index=True)
    status = models.SmallIntegerField()
    headers: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")

    class Meta:
        db_table = "trasloco_api_answer"
        constraints = (models.UniqueConstraint(fields=["token", "key"], name="trasloco_api_answer_once"),)

    def __str__(self) -> str:
        return self.key
