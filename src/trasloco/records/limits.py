"""The limits that hold for a customer: his own where he has one, else those of the installation."""

from __future__ import annotations

from dataclasses import dataclass

from trasloco.records.models import Customer, Installation


@dataclass(frozen=True, slots=True)
class Limits:
    """lines: of a CSV. unfinished: migrations at once. message_bytes: of one message. hours: between the runs. days: kept after the end."""

    lines: int
    unfinished: int
    message_bytes: int
    hours: int
    days: int

    @classmethod
    def of(cls, customer: Customer | None) -> Limits:
        general = Installation.objects.get()

        def limit(name: str) -> int:
            own = getattr(customer, name) if customer is not None else None
            return int(getattr(general, name) if own is None else own)

        return cls(limit("most_lines"), limit("most_unfinished"), limit("most_message_bytes"), limit("most_hours"), limit("keep_days"))
