"""What is remembered, as tables. Rules live in ``actions`` (writes) and ``queries`` (reads), never here.

A migration is one CSV; an account one line of it; a run one pass over all accounts; a transfer one
account in one run. The ledger's tables are written by ``postgres_ledger`` with SQL of its own; their
models are here so that one tool owns the schema. Bodies, subjects and addresses inside mail are never stored.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from trasloco.engine.fate import Fate

FATE_CODES = {Fate.COPIED: 1, Fate.ADOPTED: 2, Fate.MOVED: 3, Fate.SKIPPED: 4, Fate.REFUSED: 5, Fate.VANISHED: 6}
FATES = {code: fate for fate, code in FATE_CODES.items()}


class DestinationLogin(models.TextChoices):
    """How the destination is opened for each account."""

    MASTER = "master", "login user*master with the master's password"
    AUTHZID = "authzid", "SASL PLAIN with an authorization identity"
    PASSWORD = "password", "a password per account"


class RunState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    STOPPED = "stopped"


class TransferState(models.TextChoices):
    """waiting -> admitted -> running -> an end; running and admitted go back to waiting when their worker is lost."""

    WAITING = "waiting"
    ADMITTED = "admitted"
    RUNNING = "running"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    STOPPED = "stopped"


UNFINISHED_RUN = (RunState.WAITING, RunState.RUNNING)
UNFINISHED = (TransferState.WAITING, TransferState.ADMITTED, TransferState.RUNNING)
BUSY = (TransferState.ADMITTED, TransferState.RUNNING)


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


class LedgerFolder(models.Model):
    """``engine.ledger.FolderRecord``: a pair of folders. tally: the six fates in the order of ``FATE_CODES``."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="folders")
    source_name = models.BinaryField()
    destination_name = models.BinaryField()
    renamed = models.TextField(default="")
    source_uidvalidity = models.BigIntegerField(null=True)
    destination_uidvalidity = models.BigIntegerField(null=True)
    source_uidnext = models.BigIntegerField(null=True)
    source_messages = models.BigIntegerField(null=True)
    source_modseq = models.BigIntegerField(null=True)
    run = models.PositiveSmallIntegerField(null=True)
    tally = ArrayField(models.IntegerField(), null=True)

    class Meta:
        db_table = "trasloco_ledger_folder"
        constraints = (models.UniqueConstraint(fields=["account", "source_name"], name="trasloco_ledger_folder_once"),)

    def __str__(self) -> str:
        return f"ledger folder {self.pk}"


class LedgerMessage(models.Model):
    """``engine.ledger.MessageRow``; the table is made by SQL in the first migration, as lean as it can be."""

    pk = models.CompositePrimaryKey("folder_id", "source_uid")
    folder = models.ForeignKey(LedgerFolder, models.CASCADE, db_constraint=False, related_name="messages")
    source_uid = models.BigIntegerField()
    destination_uid = models.BigIntegerField(null=True)
    size = models.BigIntegerField()
    fate = models.SmallIntegerField()
    run = models.SmallIntegerField()
    digest = models.BinaryField(null=True)
    flags = models.TextField(default="")
    reason = models.TextField(default="")

    class Meta:
        db_table = "trasloco_ledger_message"
        managed = False

    def __str__(self) -> str:
        return f"message {self.source_uid} of ledger folder {self.folder_id}"


class ParkedMessage(models.Model):
    """A message the destination takes in no form, as it is on the source; goes with the migration."""

    folder = models.ForeignKey(LedgerFolder, models.CASCADE, related_name="parked")
    source_uid = models.BigIntegerField()
    at = models.DateTimeField()
    message = models.BinaryField()

    class Meta:
        db_table = "trasloco_parked_message"
        constraints = (models.UniqueConstraint(fields=["folder", "source_uid"], name="trasloco_parked_message_once"),)

    def __str__(self) -> str:
        return f"parked message {self.source_uid} of ledger folder {self.folder_id}"


class LedgerIntent(models.Model):
    """``engine.ledger.Intent``: a batch begun and not settled."""

    folder = models.ForeignKey(LedgerFolder, models.CASCADE, related_name="intents")
    destination_uidvalidity = models.BigIntegerField(null=True)
    destination_uidnext = models.BigIntegerField()
    source_uids = ArrayField(models.BigIntegerField())

    class Meta:
        db_table = "trasloco_ledger_intent"

    def __str__(self) -> str:
        return f"intent {self.pk}"


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
