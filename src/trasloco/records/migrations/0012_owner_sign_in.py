"""Owners who sign in at their provider, for mailboxes that are opened by token; and credentials that a customer keeps."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0011_server_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="OwnerSignIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mailbox", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Asked"), ("open", "Open"), ("done", "Done"), ("failed", "Failed")],
                        default="asked",
                        max_length=16,
                    ),
                ),
                ("turn", models.IntegerField(default=1)),
                ("url", models.TextField(default="")),
                ("code", models.TextField(default="")),
                ("expires_at", models.DateTimeField(null=True)),
                ("secret", models.BinaryField(null=True)),
                ("words", models.TextField(default="")),
                ("remedy", models.TextField(default="")),
                (
                    "migration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_ins",
                        to="trasloco_records.mailmigration",
                    ),
                ),
            ],
            options={
                "db_table": "trasloco_owner_sign_in",
                "constraints": [models.UniqueConstraint(fields=("migration", "mailbox"), name="trasloco_owner_sign_in_once")],
            },
        ),
        migrations.CreateModel(
            name="CustomerCredentials",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(max_length=16)),
                ("kind", models.CharField(max_length=32)),
                ("client_id", models.TextField(default="")),
                ("secret", models.BinaryField()),
                ("wrapped_key", models.BinaryField()),
                ("key_id", models.CharField(max_length=32)),
                ("given_at", models.DateTimeField(auto_now=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="credentials",
                        to="trasloco_records.customer",
                    ),
                ),
            ],
            options={
                "db_table": "trasloco_customer_credentials",
                "constraints": [models.UniqueConstraint(fields=("customer", "provider"), name="trasloco_customer_credentials_once")],
            },
        ),
    ]
