from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0014_mx_watch"),
    ]

    operations = [
        migrations.AddField(
            model_name="logincheck",
            name="retry",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="status",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("admitted", "Admitted"),
                    ("running", "Running"),
                    ("completed", "Completed"),
                    ("completed_with_errors", "Completed With Errors"),
                    ("failed", "Failed"),
                    ("stopped", "Stopped"),
                    ("left-out", "Left Out"),
                ],
                default="waiting",
                max_length=24,
            ),
        ),
    ]
