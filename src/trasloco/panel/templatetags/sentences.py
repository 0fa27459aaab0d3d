"""What the rooms below say, in the language of the page."""

from __future__ import annotations

from django import template

from trasloco.panel.log_titles import log_title
from trasloco.panel.sentences import column_title
from trasloco.records.said import said

register = template.Library()
register.filter(said)
register.filter(column_title)
register.filter(log_title)
