"""Migrations by what people type to find them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from trasloco.records.models import MailMigration


def matching(migrations: QuerySet[MailMigration], words: str) -> QuerySet[Any]:
    """Ids of those with these words as code, in the name of person or customer, as a domain, or in a destination address."""
    by_text = (
        Q(code__iexact=words)
        | Q(asked_by_name__icontains=words)
        | Q(customer__name__icontains=words)
        | Q(domains__contains=[words.lower()])
        | Q(accounts__destination_address__icontains=words)
    )
    return migrations.order_by().filter(by_text).values("pk")
