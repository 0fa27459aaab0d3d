"""How fast and how much may be fetched: bytes of a day, and what servers have said of too much."""

from __future__ import annotations

from django.db import models


class FetchedBytes(models.Model):
    """Bytes fetched of one source mailbox in ten minutes (``engine.day_budget``), whichever migration fetched them.

    host, login: in lower case. begun: of the ten minutes. Rows go when they do not count any more.
    """

    host = models.TextField()
    login = models.TextField()
    begun = models.DateTimeField()
    size = models.BigIntegerField()

    class Meta:
        db_table = "trasloco_fetched_bytes"
        constraints = (models.UniqueConstraint(fields=["host", "login", "begun"], name="trasloco_fetched_bytes_once"),)

    def __str__(self) -> str:
        return f"{self.login} at {self.host}"


class HostPace(models.Model):
    """A server that said it was too much: what all workers keep to since then, growing slowly as long as it says nothing more.

    host: as of ``Transfer.source_host`` or ``destination_host``. connections: at once, in all. bytes_per_second: of all that is fetched
    there, None = as much as it gives. signals: how often it said so. words: the last ones. changed_at: when it was last made less or more.
    """

    host = models.TextField(primary_key=True)
    connections = models.FloatField()
    bytes_per_second = models.FloatField(null=True)
    signals = models.IntegerField(default=1)
    words = models.TextField(default="")
    signalled_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "trasloco_host_pace"

    def __str__(self) -> str:
        return self.host
