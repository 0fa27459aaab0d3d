"""What somebody typed into a search field."""

from __future__ import annotations

from django.http import HttpRequest

MOST = 200


def query_text(request: HttpRequest) -> str:
    """``?q=`` without what PostgreSQL does not take (NUL) and what nobody types."""
    return request.GET.get("q", "").replace("\0", "").strip()[:MOST]
