"""What was found where the servers of a draft's lines were looked for."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0010_pacing"),
    ]

    operations = [
        migrations.CreateModel(
            name="ServerSearch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("domain", models.TextField()),
                ("address", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("running", "Running"), ("ok", "Ok"), ("failed", "Failed")],
                        default="waiting",
                        max_length=16,
                    ),
                ),
                ("host", models.TextField(default="")),
                ("port", models.IntegerField(null=True)),
                ("starttls", models.BooleanField(default=False)),
                ("login", models.CharField(default="", max_length=32)),
                ("found_by", models.CharField(default="", max_length=16)),
                ("mx", models.TextField(default="")),
                ("provider", models.CharField(default="", max_length=32)),
                ("greeting", models.TextField(default="")),
                ("certificate", models.TextField(default="")),
                ("tried", models.JSONField(default=list)),
                ("asked", models.JSONField(default=list)),
                (
                    "migration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="server_searches",
                        to="trasloco_records.mailmigration",
                    ),
                ),
            ],
            options={
                "db_table": "trasloco_server_search",
                "constraints": [models.UniqueConstraint(fields=("migration", "domain"), name="trasloco_server_search_once")],
            },
        ),
    ]
