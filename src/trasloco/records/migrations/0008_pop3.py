"""Sources that speak POP3: which they are, and the numbers of their messages."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0007_source_oauth"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="source_speech",
            field=models.CharField(db_default="imap", default="imap", max_length=8),
        ),
        migrations.CreateModel(
            name="LedgerNumber",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.BinaryField()),
                ("number", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="numbers", to="trasloco_records.account"),
                ),
            ],
            options={
                "db_table": "trasloco_ledger_number",
                "constraints": [models.UniqueConstraint(fields=("account", "name"), name="trasloco_ledger_number_once")],
            },
        ),
    ]
