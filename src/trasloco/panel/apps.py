"""The Django app of the panel room."""

from __future__ import annotations

from django.apps import AppConfig


class PanelConfig(AppConfig):
    name = "trasloco.panel"
    label = "trasloco_panel"
    verbose_name = "Trasloco panel"
