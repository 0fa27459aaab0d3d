"""How far a run was at a moment: one row about every half minute while it is under way, for the chart and the time left."""

from __future__ import annotations

from django.db import models

from trasloco.records.models.migration import Run


class RunPace(models.Model):
    """done, expected: messages, as of ``overviews.RunLine``. size: bytes copied. finished: accounts."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="paces")
    at = models.DateTimeField()
    done = models.BigIntegerField()
    expected = models.BigIntegerField()
    size = models.BigIntegerField()
    finished = models.IntegerField()

    class Meta:
        db_table = "trasloco_run_pace"
        indexes = (models.Index(fields=["run", "at"], name="trasloco_run_pace_newest"),)

    def __str__(self) -> str:
        return f"run {self.run_id} at {self.at}"

    @property
    def to_go(self) -> int:
        """Messages that were still to be brought; never less than none, when mail arrived meanwhile."""
        return max(0, self.expected - self.done)
