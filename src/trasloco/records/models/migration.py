"""What is to be moved and how far it is: migration, account, run, transfer. State moves in ``actions``, never here."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from trasloco.records.models.destination_system import DestinationSystem
from trasloco.records.models.people import Customer, Person
from trasloco.records.models.states import RunState, SecondRun, TransferState


class MailMigration(models.Model):
    """One CSV and where its mail goes.

    settings: the fields of ``engine.account.Settings`` and of ``records.pacing.Limits``. destination: host, port, security, trust,
    fingerprint, form (``DestinationLogin``), user, separator. identity: SHA-256 in hex of the accounts
    and the destination, so that the same CSV finds its migration again; None of a migration of the panel.
    source_oauth: ciphertext of ``OauthSettings``, for the accounts whose source_secret is that of an empty password.
    wrapped_key: the data key, encrypted with key ``key_id`` of the key ring; None once its secrets have been wiped.

    Of the panel's migrations: customer and asked_by (None for the command line's); planned_at None = a draft, still
    in the steps of "new migration"; domains: those of its destination addresses, sorted, as ``Domain.name``;
    source_tls: "verify", "pin" or "off", as of ``--source-tls``; first_run_at None = as soon as possible; second_run_minutes
    after the first run's hour, None = no second run; second_run_when: of ``SecondRun``; of MX the minutes are the longest
    wait, after the first run's end; quiet_hours: of MX, run again until the old INBOXes have been quiet for so long, None =
    no; mx_told_at: when the mails about the change of all MX records were written; window_start, window_end: the hours of
    ``time_zone`` in which mail is moved, both None = all (of the command line's too); recipients: who gets the mails
    besides ``asked_by``;
    verification: "" (none), "sample" or "all", after the last run; keep_until: when it goes by itself;
    deleting_at: it is gone for everybody, its rows are being removed. ledger_from: where the rows of its messages are
    (``records.ledger_place``).
    """

    code = models.CharField(max_length=16, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    source_type = models.CharField(max_length=32, default="standard")
    settings = models.JSONField()
    destination = models.JSONField()
    destination_secret = models.BinaryField(null=True)
    source_oauth = models.BinaryField(null=True)
    allow_private_addresses = models.BooleanField(default=False)
    identity = models.CharField(max_length=64, unique=True, null=True)
    wrapped_key = models.BinaryField(null=True)
    key_id = models.CharField(max_length=32, default="")
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="migrations")
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="migrations")
    asked_by_name = models.CharField(max_length=320, default="", blank=True)
    destination_system = models.ForeignKey(DestinationSystem, models.SET_NULL, null=True, related_name="migrations")
    domains = ArrayField(models.TextField(), default=list)
    source_tls = models.CharField(max_length=8, default="verify")
    planned_at = models.DateTimeField(null=True)
    first_run_at = models.DateTimeField(null=True)
    second_run_minutes = models.PositiveIntegerField(null=True)
    second_run_when = models.CharField(max_length=8, choices=SecondRun, default=SecondRun.HOUR)
    quiet_hours = models.PositiveSmallIntegerField(null=True)
    mx_told_at = models.DateTimeField(null=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    window_start = models.TimeField(null=True)
    window_end = models.TimeField(null=True)
    recipients = ArrayField(models.TextField(), default=list)
    verification = models.CharField(max_length=16, default="", blank=True)
    keep_until = models.DateTimeField(null=True)
    deleting_at = models.DateTimeField(null=True)
    ledger_from = models.BigIntegerField(null=True)

    class Meta:
        db_table = "trasloco_migration"
        verbose_name = "migration"

    def __str__(self) -> str:
        return self.code


class Account(models.Model):
    """One line of the CSV. Secrets are ciphertexts of ``vault``; the address is pinned for both runs.

    left_out: somebody decided so, while its logins were checked or after it had failed; no run touches it.
    ledger_turn: grows with every account that takes over the ledger of the same pair of mailboxes; None before its
    first run (see ``inheritance``).
    """

    migration = models.ForeignKey(MailMigration, models.CASCADE, related_name="accounts")
    line = models.IntegerField()
    destination_address = models.TextField()
    source_host = models.TextField()
    source_port = models.IntegerField()
    source_security = models.CharField(max_length=16)
    source_trust = models.CharField(max_length=16)
    source_speech = models.CharField(max_length=8, default="imap", db_default="imap")
    source_address = models.TextField(null=True)
    source_fingerprint = models.CharField(max_length=64, null=True)
    login = models.TextField()
    master = models.TextField(default="")
    source_secret = models.BinaryField(null=True)
    destination_secret = models.BinaryField(null=True)
    left_out = models.BooleanField(default=False)
    ledger_turn = models.IntegerField(null=True)

    class Meta:
        db_table = "trasloco_account"
        constraints = (models.UniqueConstraint(fields=["migration", "destination_address"], name="trasloco_account_once"),)
        indexes = (models.Index(Lower("destination_address"), name="trasloco_account_address"),)

    def __str__(self) -> str:
        return self.destination_address


class Run(models.Model):
    """One pass over all accounts of a migration.

    due_at: the hour it is planned for, None when it was started by hand, and of one that waits for the MX before the
    first has ended. told_at: when the mails about its end were written. verified_at: when what the migration
    wanted verified after it was.
    """

    migration = models.ForeignKey(MailMigration, models.CASCADE, related_name="runs")
    number = models.SmallIntegerField()
    status = models.CharField(max_length=24, choices=RunState, default=RunState.WAITING)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "trasloco_run"
        constraints = (models.UniqueConstraint(fields=["migration", "number"], name="trasloco_run_number"),)
        indexes = (
            models.Index(fields=["due_at"], condition=models.Q(status="planned"), name="trasloco_run_planned"),
            models.Index(fields=["id"], condition=models.Q(status__in=["waiting", "running"]), name="trasloco_run_under_way"),
        )

    def __str__(self) -> str:
        return f"run {self.number} of {self.migration_id}"


class Transfer(models.Model):
    """One account in one run.

    fence: grows with every change of owner; every write of a worker names it. worker: the id of the
    Procrastinate worker that runs it. connections: the most it has open on each side, since it was begun. seconds,
    copied_bytes: over all attempts. source_host and destination_host are copied here because admission counts by them.
    large: of ``plan.shares.LARGE_BYTES`` or more, as far as is known.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="transfers")
    account = models.ForeignKey(Account, models.CASCADE, related_name="transfers")
    status = models.CharField(max_length=24, choices=TransferState, default=TransferState.WAITING)
    fence = models.IntegerField(default=0)
    worker = models.BigIntegerField(null=True)
    source_host = models.TextField()
    destination_host = models.TextField()
    connections = models.SmallIntegerField(default=1)
    large = models.BooleanField(default=False, db_default=False)
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
            # Of admission: the first of each lane, those whose hour has come, and when a run was let in last.
            models.Index(
                fields=["run", "large", "source_host", "id"],
                condition=models.Q(status="waiting", not_before__isnull=True),
                name="trasloco_transfer_ready",
            ),
            models.Index(
                fields=["not_before"], condition=models.Q(status="waiting", not_before__isnull=False), name="trasloco_transfer_asleep"
            ),
            models.Index(fields=["run", "admitted_at"], condition=models.Q(admitted_at__isnull=False), name="trasloco_transfer_let_in"),
        )

    def __str__(self) -> str:
        return f"transfer {self.pk}"
