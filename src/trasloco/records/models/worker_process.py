"""Which processes work: for the operator's eyes. Who may write into a transfer is said by its fence, never here."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class WorkerProcess(models.Model):
    """One process that takes jobs; written by ``jobs.registration``, read by ``records.workers``.

    machine: its host name. concurrency: transfers at once. queues: those it takes from; of a command that works for its
    own run, "run-<id>". queue_workers: ids of the Procrastinate workers it works under, in the order in which they had
    their first job: one for each queue, more after a loss of the database. seen_at: its last sign of life, one every few
    seconds. draining_at: since when it takes nothing new. The row goes with the process, or a while after it was lost.
    """

    machine = models.TextField()
    pid = models.IntegerField()
    version = models.CharField(max_length=32)
    concurrency = models.IntegerField()
    queues = ArrayField(models.TextField())
    queue_workers = ArrayField(models.BigIntegerField(), default=list)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    draining_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "trasloco_worker_process"

    def __str__(self) -> str:
        return f"process {self.pid} on {self.machine}"
