"""How far a run was, moment by moment."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0012_owner_sign_in"),
    ]

    operations = [
        migrations.CreateModel(
            name="RunPace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("done", models.BigIntegerField()),
                ("expected", models.BigIntegerField()),
                ("size", models.BigIntegerField()),
                ("finished", models.IntegerField()),
                (
                    "run",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="paces", to="trasloco_records.run"),
                ),
            ],
            options={
                "db_table": "trasloco_run_pace",
                "indexes": [models.Index(fields=["run", "at"], name="trasloco_run_pace_newest")],
            },
        ),
    ]
