"""The first schema. The message table is SQL: millions of rows, one index, no column more than needed."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

MESSAGES = """
CREATE TABLE trasloco_ledger_message (
    folder_id bigint NOT NULL,          -- no foreign key: checking it for every message costs more than the insert
    source_uid bigint NOT NULL,
    destination_uid bigint,
    size bigint NOT NULL,
    fate smallint NOT NULL,
    run smallint NOT NULL,
    digest bytea,
    flags text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    PRIMARY KEY (folder_id, source_uid)
)
"""

# Progress is written every second: room in each page keeps those updates out of the indexes (HOT).
TRANSFERS = "ALTER TABLE trasloco_transfer SET (fillfactor = 70)"


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="LedgerMessage",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey("folder_id", "source_uid", blank=True, editable=False, primary_key=True, serialize=False),
                ),
                ("source_uid", models.BigIntegerField()),
                ("destination_uid", models.BigIntegerField(null=True)),
                ("size", models.BigIntegerField()),
                ("fate", models.SmallIntegerField()),
                ("run", models.SmallIntegerField()),
                ("digest", models.BinaryField(null=True)),
                ("flags", models.TextField(default="")),
                ("reason", models.TextField(default="")),
            ],
            options={
                "db_table": "trasloco_ledger_message",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.IntegerField()),
                ("destination_address", models.TextField()),
                ("source_host", models.TextField()),
                ("source_port", models.IntegerField()),
                ("source_security", models.CharField(max_length=16)),
                ("source_trust", models.CharField(max_length=16)),
                ("source_address", models.TextField(null=True)),
                ("source_fingerprint", models.CharField(max_length=64, null=True)),
                ("login", models.TextField()),
                ("master", models.TextField(default="")),
                ("source_secret", models.BinaryField(null=True)),
                ("destination_secret", models.BinaryField(null=True)),
            ],
            options={
                "db_table": "trasloco_account",
            },
        ),
        migrations.CreateModel(
            name="MailMigration",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=16, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("source_type", models.CharField(default="standard", max_length=32)),
                ("settings", models.JSONField()),
                ("destination", models.JSONField()),
                ("destination_secret", models.BinaryField(null=True)),
                ("allow_private_addresses", models.BooleanField(default=False)),
                ("identity", models.CharField(max_length=64, unique=True)),
                ("wrapped_key", models.BinaryField(null=True)),
                ("key_id", models.CharField(default="", max_length=32)),
            ],
            options={
                "verbose_name": "migration",
                "db_table": "trasloco_migration",
            },
        ),
        migrations.CreateModel(
            name="LedgerFolder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source_name", models.BinaryField()),
                ("destination_name", models.BinaryField()),
                ("renamed", models.TextField(default="")),
                ("source_uidvalidity", models.BigIntegerField(null=True)),
                ("destination_uidvalidity", models.BigIntegerField(null=True)),
                ("source_uidnext", models.BigIntegerField(null=True)),
                ("source_messages", models.BigIntegerField(null=True)),
                ("source_modseq", models.BigIntegerField(null=True)),
                ("run", models.PositiveSmallIntegerField(null=True)),
                ("tally", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), null=True, size=None)),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="folders", to="trasloco_records.account"),
                ),
            ],
            options={
                "db_table": "trasloco_ledger_folder",
            },
        ),
        migrations.CreateModel(
            name="LedgerIntent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("destination_uidvalidity", models.BigIntegerField(null=True)),
                ("destination_uidnext", models.BigIntegerField()),
                ("source_uids", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                (
                    "folder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="intents", to="trasloco_records.ledgerfolder"
                    ),
                ),
            ],
            options={
                "db_table": "trasloco_ledger_intent",
            },
        ),
        migrations.AddField(
            model_name="account",
            name="migration",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="accounts", to="trasloco_records.mailmigration"
            ),
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.SmallIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("completed", "Completed"),
                            ("completed_with_errors", "Completed With Errors"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                        ],
                        default="waiting",
                        max_length=24,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "migration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="trasloco_records.mailmigration"
                    ),
                ),
            ],
            options={
                "db_table": "trasloco_run",
            },
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("admitted", "Admitted"),
                            ("running", "Running"),
                            ("completed", "Completed"),
                            ("completed_with_errors", "Completed With Errors"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                        ],
                        default="waiting",
                        max_length=24,
                    ),
                ),
                ("fence", models.IntegerField(default=0)),
                ("worker", models.BigIntegerField(null=True)),
                ("source_host", models.TextField()),
                ("destination_host", models.TextField()),
                ("failure_side", models.CharField(default="", max_length=16)),
                ("failure_scope", models.CharField(default="", max_length=16)),
                ("failure_retry", models.CharField(default="", max_length=16)),
                ("failure_code", models.CharField(default="", max_length=64)),
                ("failure_words", models.TextField(default="")),
                ("not_before", models.DateTimeField(null=True)),
                ("attempts", models.SmallIntegerField(default=0)),
                ("expected_messages", models.BigIntegerField(default=0)),
                ("expected_bytes", models.BigIntegerField(null=True)),
                ("done_messages", models.BigIntegerField(default=0)),
                ("copied_bytes", models.BigIntegerField(default=0)),
                ("folder", models.TextField(default="")),
                ("flags_changed", models.BigIntegerField(default=0)),
                ("admitted_at", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("seconds", models.FloatField(default=0.0)),
                ("facts", models.JSONField(default=dict)),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="transfers", to="trasloco_records.account"),
                ),
                (
                    "run",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="transfers", to="trasloco_records.run"),
                ),
            ],
            options={
                "db_table": "trasloco_transfer",
            },
        ),
        migrations.CreateModel(
            name="LogEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("level", models.CharField(max_length=8)),
                ("action", models.CharField(max_length=64)),
                ("folder", models.TextField(default="")),
                ("uid", models.BigIntegerField(null=True)),
                ("words", models.TextField()),
                (
                    "transfer",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="log", to="trasloco_records.transfer"),
                ),
            ],
            options={
                "db_table": "trasloco_log_entry",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="FolderTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.IntegerField(default=0)),
                ("source", models.TextField()),
                ("destination", models.TextField(default="")),
                ("note", models.TextField(default="")),
                ("copied", models.BigIntegerField(default=0)),
                ("adopted", models.BigIntegerField(default=0)),
                ("moved", models.BigIntegerField(default=0)),
                ("skipped", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                ("vanished", models.BigIntegerField(default=0)),
                (
                    "transfer",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="tallies", to="trasloco_records.transfer"),
                ),
            ],
            options={
                "db_table": "trasloco_folder_tally",
            },
        ),
        migrations.AddConstraint(
            model_name="ledgerfolder",
            constraint=models.UniqueConstraint(fields=("account", "source_name"), name="trasloco_ledger_folder_once"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(fields=("migration", "destination_address"), name="trasloco_account_once"),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(fields=("migration", "number"), name="trasloco_run_number"),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(condition=models.Q(("status", "waiting")), fields=["run", "not_before"], name="trasloco_transfer_waiting"),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("status__in", ["admitted", "running"])), fields=["source_host"], name="trasloco_transfer_busy"
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.UniqueConstraint(fields=("run", "account"), name="trasloco_transfer_once"),
        ),
        migrations.AddConstraint(
            model_name="foldertally",
            constraint=models.UniqueConstraint(fields=("transfer", "source"), name="trasloco_folder_tally_once"),
        ),
        migrations.RunSQL(MESSAGES, "DROP TABLE trasloco_ledger_message"),
        migrations.RunSQL(TRANSFERS, migrations.RunSQL.noop),
    ]
