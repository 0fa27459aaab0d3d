"""What Django's template language lacks for our values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def of_key(values: Mapping[Any, Any], key: Any) -> Any:
    """``values[key]``, None where there is none."""
    return values.get(key)
