"""How fast and when mail is moved: hours of a migration, bytes of a day, connections, servers that said it was too much."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0009_identity"),
    ]

    operations = [
        migrations.CreateModel(
            name="HostPace",
            fields=[
                ("host", models.TextField(primary_key=True, serialize=False)),
                ("connections", models.FloatField()),
                ("bytes_per_second", models.FloatField(null=True)),
                ("signals", models.IntegerField(default=1)),
                ("words", models.TextField(default="")),
                ("signalled_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "trasloco_host_pace",
            },
        ),
        migrations.AddField(
            model_name="mailmigration",
            name="window_end",
            field=models.TimeField(null=True),
        ),
        migrations.AddField(
            model_name="mailmigration",
            name="window_start",
            field=models.TimeField(null=True),
        ),
        migrations.AddField(
            model_name="transfer",
            name="connections",
            field=models.SmallIntegerField(default=1),
        ),
        migrations.CreateModel(
            name="FetchedBytes",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.TextField()),
                ("login", models.TextField()),
                ("begun", models.DateTimeField()),
                ("size", models.BigIntegerField()),
            ],
            options={
                "db_table": "trasloco_fetched_bytes",
                "constraints": [models.UniqueConstraint(fields=("host", "login", "begun"), name="trasloco_fetched_bytes_once")],
            },
        ),
    ]
