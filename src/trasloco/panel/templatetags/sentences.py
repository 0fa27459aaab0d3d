"""What the rooms below say, in the language of the page."""

from __future__ import annotations

from django import template
from django.urls import reverse

from trasloco.panel.log_titles import LOG_TITLES, log_title
from trasloco.panel.sentences import column_title
from trasloco.records.said import said
from trasloco.records.wait_lines import WaitLine
from trasloco.records.wait_words import wait_words

register = template.Library()
register.filter(said)
register.filter(column_title)
register.filter(log_title)


@register.filter
def wait(line: WaitLine) -> str:
    """What accounts wait for."""
    return said(wait_words(line))


@register.simple_tag
def log_paragraph(action: str) -> str:
    """Where the manual says what a line of this action means."""
    return f"{reverse('manual_page', args=['log' if action in LOG_TITLES else 'errors'])}#{action}"
