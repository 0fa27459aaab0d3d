"""Where programs are told of what people are told by mail."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0016_api_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(max_length=2000)),
                ("secret", models.BinaryField(null=True)),
                ("wrapped_key", models.BinaryField(null=True)),
                ("key_id", models.CharField(default="", max_length=32)),
                ("created_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="webhooks", to="trasloco_records.customer"
                    ),
                ),
            ],
            options={
                "db_table": "trasloco_webhook",
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=32)),
                ("body", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "waiting"), ("sent", "sent"), ("given-up", "given up")], default="waiting", max_length=16
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("not_before", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("status", models.SmallIntegerField(null=True)),
                ("words", models.TextField(blank=True)),
                (
                    "migration",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="trasloco_records.mailmigration",
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="trasloco_records.webhook"
                    ),
                ),
            ],
            options={
                "db_table": "trasloco_webhook_delivery",
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["not_before"], name="trasloco_delivery_waiting")
                ],
            },
        ),
    ]
