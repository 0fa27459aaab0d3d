"""Which processes work, for the operator's eyes."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0018_shares"),
    ]

    operations = [
        migrations.CreateModel(
            name="WorkerProcess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("machine", models.TextField()),
                ("pid", models.IntegerField()),
                ("version", models.CharField(max_length=32)),
                ("concurrency", models.IntegerField()),
                ("queues", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                (
                    "queue_workers",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None),
                ),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("draining_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "trasloco_worker_process",
            },
        ),
    ]
