"""What somebody typed, without a form that would check it."""

from __future__ import annotations

from django.http import HttpRequest

MOST = 200


def query_text(request: HttpRequest) -> str:
    """``?q=`` without what PostgreSQL does not take (NUL) and what nobody types."""
    return request.GET.get("q", "").replace("\0", "").strip()[:MOST]


def posted_text(request: HttpRequest, name: str, most: int) -> str:
    """The same of a field that was sent, at most so many characters."""
    return request.POST.get(name, "").replace("\0", "").strip()[:most]
