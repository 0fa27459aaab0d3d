"""The number by which a source knows a message in each of its folders (Gmail), and copies within the destination."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0008_pop3"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE trasloco_ledger_message ADD COLUMN identity bigint",
            "ALTER TABLE trasloco_ledger_message DROP COLUMN identity",
            state_operations=[migrations.AddField("LedgerMessage", "identity", models.BigIntegerField(null=True))],
        ),
        # Sources without such numbers have no row in it, and pay nothing.
        migrations.RunSQL(
            "CREATE INDEX trasloco_ledger_message_identity ON trasloco_ledger_message (identity) WHERE identity IS NOT NULL",
            "DROP INDEX trasloco_ledger_message_identity",
        ),
        migrations.AddField("LedgerRelic", "identity", models.BigIntegerField(null=True)),
        migrations.AddField("LedgerIntent", "origin_stays", models.BooleanField(default=False, db_default=False)),
    ]
