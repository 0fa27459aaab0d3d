"""The OAuth credentials by which a migration's source is opened."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0006_exactness"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailmigration",
            name="source_oauth",
            field=models.BinaryField(null=True),
        ),
    ]
