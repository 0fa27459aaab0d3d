"""The Django app of the records room."""

from __future__ import annotations

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "trasloco.records"
    label = "trasloco_records"
    verbose_name = "Trasloco"
