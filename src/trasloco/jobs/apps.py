"""The Django app of the jobs room; it has no models."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "trasloco.jobs"
    label = "trasloco_jobs"
    verbose_name = "Trasloco jobs"
