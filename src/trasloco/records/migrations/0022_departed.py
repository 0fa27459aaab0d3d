"""How many messages had left a folder at its last completed pass: they are looked for in later runs too."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trasloco_records", "0021_late_intents"),
    ]

    operations = [
        migrations.AddField("LedgerFolder", "departed", models.IntegerField(default=0, db_default=0)),
    ]
