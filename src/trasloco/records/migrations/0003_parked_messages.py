"""Messages the destination takes in no form, kept for the operator."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0002_verification"),
    ]

    operations = [
        migrations.CreateModel(
            name="ParkedMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source_uid", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("message", models.BinaryField()),
                (
                    "folder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parked", to="trasloco_records.ledgerfolder"
                    ),
                ),
            ],
            options={"db_table": "trasloco_parked_message"},
        ),
        migrations.AddConstraint(
            model_name="parkedmessage",
            constraint=models.UniqueConstraint(fields=("folder", "source_uid"), name="trasloco_parked_message_once"),
        ),
    ]
