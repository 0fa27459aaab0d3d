"""What is known of the MX records of a migration's domain: asked by the worker again and again, shown by the panel."""

from __future__ import annotations

from django.db import models

from trasloco.records.models.migration import MailMigration


class MxWatch(models.Model):
    """One domain of one migration: what was old there depends on when the migration was planned.

    state: ``plan.mx_watch.Watch`` as JSON; over, changed_at, confirmed_at: those of it, for queries. next_look_at: None = it is not asked
    any more. looks: grows with each look that is begun, so that of two workers one takes it, and the late one writes nothing.
    """

    migration = models.ForeignKey(MailMigration, models.CASCADE, related_name="mx_watches")
    domain = models.TextField()
    state = models.JSONField()
    over = models.BooleanField(default=False)
    changed_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    next_look_at = models.DateTimeField(null=True)
    looks = models.IntegerField(default=0)

    class Meta:
        db_table = "trasloco_mx_watch"
        constraints = (models.UniqueConstraint(fields=["migration", "domain"], name="trasloco_mx_watch_once"),)
        indexes = (models.Index(fields=["next_look_at"], name="trasloco_mx_watch_next"),)

    def __str__(self) -> str:
        return self.domain
