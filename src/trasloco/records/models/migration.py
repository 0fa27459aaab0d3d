"""What is to be moved and how far it is: migration, account, run, transfer."""

from __future__ import annotations

from django.db import models

from trasloco.records.models.states import RunState, TransferState


class MailMigration(models.Model):
    """One CSV and where its mail goes.

    settings: the fields of ``engine.account.Settings``. destination: host, port, security, trust,
    fingerprint, form (``DestinationLogin``), user, separator. identity: SHA-256 in hex of the accounts
    and the destination, so that the same CSV finds its migration again. wrapped_key: the data key,
    encrypted with key ``key_id`` of the key ring; None once its secrets have been wiped.
    """

    code = models.CharField(max_length=16, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    source_type = models.CharField(max_length=32, default="standard")
    settings = models.JSONField()
    destination = models.JSONField()
    destination_secret = models.BinaryField(null=True)
    allow_private_addresses = models.BooleanField(default=False)
    identity = models.CharField(max_length=64, unique=True)
    wrapped_key = models.BinaryField(null=True)
    key_id = models.CharField(max_length=32, default="")

    class Meta:
        db_table = "trasloco_migration"
        verbose_name = "migration"

    def __str__(self) -> str:
        return self.code


class Account(models.Model):
    """One line of the CSV. Secrets are ciphertexts of ``vault``; the address is pinned for both runs."""

    migration = models.ForeignKey(MailMigration, models.CASCADE, related_name="accounts")
    line = models.IntegerField()
    destination_address = models.TextField()
    source_host = models.TextField()
    source_port = models.IntegerField()
    source_security = models.CharField(max_length=16)
    source_trust = models.CharField(max_length=16)
    source_address = models.TextField(null=True)
    source_fingerprint = models.CharField(max_length=64, null=True)
    login = models.TextField()
    master = models.TextField(default="")
    source_secret = models.BinaryField(null=True)
    destination_secret = models.BinaryField(null=True)

    class Meta:
        db_table = "trasloco_account"
        constraints = (models.UniqueConstraint(fields=["migration", "destination_address"], name="trasloco_account_once"),)

    def __str__(self) -> str:
        return self.destination_address


class Run(models.Model):
    """One pass over all accounts of a migration."""

    migration = models.ForeignKey(MailMigration, models.CASCADE, related_name="runs")
    number = models.SmallIntegerField()
    status = models.CharField(max_length=24, choices=RunState, default=RunState.WAITING)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "trasloco_run"
        constraints = (models.UniqueConstraint(fields=["migration", "number"], name="trasloco_run_number"),)

    def __str__(self) -> str:
        return f"run {self.number} of {self.migration_id}"


class Transfer(models.Model):
    """One account in one run.

    fence: grows with every change of owner; every write of a worker names it. worker: the id of the
    Procrastinate worker that runs it. seconds, copied_bytes: over all attempts. source_host and
    destination_host are copied here because admission counts by them.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="transfers")
    account = models.ForeignKey(Account, models.CASCADE, related_name="transfers")
    status = models.CharField(max_length=24, choices=TransferState, default=TransferState.WAITING)
    fence = models.IntegerField(default=0)
    worker = models.BigIntegerField(null=True)
    source_host = models.TextField()
    destination_host = models.TextField()
    failure_side = models.CharField(max_length=16, default="")
    failure_scope = models.CharField(max_length=16, default="")
    failure_retry = models.CharField(max_length=16, default="")
    failure_code = models.CharField(max_length=64, default="")
    failure_words = models.TextField(default="")
    not_before = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    expected_messages = models.BigIntegerField(default=0)
    expected_bytes = models.BigIntegerField(null=True)
    done_messages = models.BigIntegerField(default=0)
    copied_bytes = models.BigIntegerField(default=0)
    folder = models.TextField(default="")
    flags_changed = models.BigIntegerField(default=0)
    admitted_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0.0)
    facts = models.JSONField(default=dict)

    class Meta:
        db_table = "trasloco_transfer"
        constraints = (models.UniqueConstraint(fields=["run", "account"], name="trasloco_transfer_once"),)
        indexes = (
            models.Index(fields=["run", "not_before"], condition=models.Q(status="waiting"), name="trasloco_transfer_waiting"),
            models.Index(fields=["source_host"], condition=models.Q(status__in=["admitted", "running"]), name="trasloco_transfer_busy"),
        )

    def __str__(self) -> str:
        return f"transfer {self.pk}"
