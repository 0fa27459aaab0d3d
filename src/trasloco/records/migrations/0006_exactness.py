"""What the ledger must know to tell moved, renamed and renumbered apart, and to go from one migration to another."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0005_customer_active"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE trasloco_ledger_message ADD COLUMN listed bigint",
            "ALTER TABLE trasloco_ledger_message DROP COLUMN listed",
            state_operations=[migrations.AddField("LedgerMessage", "listed", models.BigIntegerField(null=True))],
        ),
        migrations.AddField("LedgerFolder", "source_id", models.TextField(default="", db_default="")),
        migrations.AddField("LedgerFolder", "destination_id", models.TextField(default="", db_default="")),
        migrations.AddField("LedgerFolder", "destination_uidnext", models.BigIntegerField(null=True)),
        migrations.AddField(
            "LedgerIntent",
            "flags",
            django.contrib.postgres.fields.ArrayField(models.TextField(), default=list, db_default=[]),
        ),
        migrations.AddField("LedgerIntent", "origin_name", models.BinaryField(null=True)),
        migrations.AddField("LedgerIntent", "origin_uidvalidity", models.BigIntegerField(null=True)),
        migrations.AddField("LedgerIntent", "origin_uids", django.contrib.postgres.fields.ArrayField(models.BigIntegerField(), null=True)),
        migrations.CreateModel(
            "LedgerRelic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="relics", to="trasloco_records.account"),
                ),
                ("source_name", models.BinaryField()),
                ("destination_name", models.BinaryField()),
                ("destination_uidvalidity", models.BigIntegerField()),
                ("source_uid", models.BigIntegerField()),
                ("destination_uid", models.BigIntegerField(null=True)),
                ("size", models.BigIntegerField()),
                ("fate", models.SmallIntegerField()),
                ("run", models.SmallIntegerField()),
                ("digest", models.BinaryField(null=True)),
                ("flags", models.TextField(default="")),
                ("reason", models.TextField(default="")),
                ("listed", models.BigIntegerField(null=True)),
            ],
            options={"db_table": "trasloco_ledger_relic"},
        ),
        migrations.AddField("Account", "ledger_turn", models.IntegerField(null=True)),
        migrations.AddIndex("Account", models.Index(Lower("destination_address"), name="trasloco_account_address")),
        migrations.RunSQL(
            "UPDATE trasloco_account a SET ledger_turn = 1 WHERE EXISTS (SELECT FROM trasloco_ledger_folder f WHERE f.account_id = a.id)",
            migrations.RunSQL.noop,
        ),
    ]
