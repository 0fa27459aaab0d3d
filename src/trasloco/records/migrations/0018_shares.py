"""Caps of the installation and of customers, large accounts, and the indexes by which admission finds its next."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0017_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="most_connections",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="customer",
            name="most_transfers",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="customer",
            name="share",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="installation",
            name="all_connections",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="installation",
            name="all_transfers",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="installation",
            name="customer_connections",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="installation",
            name="customer_transfers",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="installation",
            name="destination_connections",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="installation",
            name="destination_transfers",
            field=models.PositiveIntegerField(blank=True, db_default=50, default=50, null=True),
        ),
        migrations.AddField(
            model_name="installation",
            name="source_connections",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="installation",
            name="source_transfers",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="transfer",
            name="large",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(condition=models.Q(("status__in", ["waiting", "running"])), fields=["id"], name="trasloco_run_under_way"),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("not_before__isnull", True), ("status", "waiting")),
                fields=["run", "large", "source_host", "id"],
                name="trasloco_transfer_ready",
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("not_before__isnull", False), ("status", "waiting")),
                fields=["not_before"],
                name="trasloco_transfer_asleep",
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("admitted_at__isnull", False)), fields=["run", "admitted_at"], name="trasloco_transfer_let_in"
            ),
        ),
    ]
