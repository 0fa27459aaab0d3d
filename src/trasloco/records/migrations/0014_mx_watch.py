"""The watch over the MX records of a migration, what the second run waits for, and what an operator's MX is."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0013_run_pace"),
    ]

    operations = [
        migrations.AddField(
            model_name="destinationsystem",
            name="mx_hosts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=253), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="mailmigration",
            name="mx_told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="mailmigration",
            name="quiet_hours",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="mailmigration",
            name="second_run_when",
            field=models.CharField(choices=[("hour", "an hour"), ("mx", "the change of the MX records")], default="hour", max_length=8),
        ),
        migrations.AlterField(
            model_name="mail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("planned", "Migration planned"),
                    ("login-problems", "Logins that do not work"),
                    ("first-run-ended", "First run ended"),
                    ("mx-changed", "MX records changed"),
                    ("last-run-ended", "Last run ended"),
                    ("failed", "A run failed"),
                    ("invitation", "Invitation"),
                    ("test", "Test"),
                ],
                max_length=32,
            ),
        ),
        migrations.CreateModel(
            name="MxWatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("domain", models.TextField()),
                ("state", models.JSONField()),
                ("over", models.BooleanField(default=False)),
                ("changed_at", models.DateTimeField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("next_look_at", models.DateTimeField(null=True)),
                ("looks", models.IntegerField(default=0)),
                (
                    "migration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mx_watches", to="trasloco_records.mailmigration"
                    ),
                ),
            ],
            options={
                "db_table": "trasloco_mx_watch",
                "indexes": [models.Index(fields=["next_look_at"], name="trasloco_mx_watch_next")],
                "constraints": [models.UniqueConstraint(fields=("migration", "domain"), name="trasloco_mx_watch_once")],
            },
        ),
    ]
