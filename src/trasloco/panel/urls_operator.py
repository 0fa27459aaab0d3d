"""Addresses of the panel: operator."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
