"""A batch that was looked for and had not arrived is remembered until it cannot arrive any more."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0020_partitioned_ledger"),
    ]

    operations = [
        migrations.AddField("LedgerIntent", "late", models.BooleanField(default=False, db_default=False)),
    ]
