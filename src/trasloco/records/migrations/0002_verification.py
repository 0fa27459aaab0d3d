"""What a comparison of the destination with the ledger found."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0001_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("sample", models.IntegerField(null=True)),
                ("asked", models.BigIntegerField()),
                ("counts", models.JSONField()),
                ("findings", models.JSONField(default=list)),
                ("seconds", models.FloatField(default=0.0)),
                ("size", models.BigIntegerField(default=0)),
                ("failure_words", models.TextField(default="")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="verifications", to="trasloco_records.account"
                    ),
                ),
            ],
            options={
                "db_table": "trasloco_verification",
                "indexes": [models.Index(fields=["account", "at"], name="trasloco_verification_newest")],
            },
        ),
    ]
