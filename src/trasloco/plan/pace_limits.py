"""What a migration keeps to at its source servers, and within which bounds it may be chosen. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from trasloco.plan.providers import Provider


@dataclass(frozen=True, slots=True)
class PaceLimits:
    """What a migration keeps to at each of its source servers; None = no limit but what the server says.

    connections: of one mailbox; connections_per_host: of all its accounts there, None = as the worker has it. messages_per_second,
    bytes_per_second: of all its accounts at one server. bytes_per_day: of one mailbox in 24 hours, whichever migration fetches them.
    """

    connections: int = 3
    connections_per_host: int | None = None
    messages_per_second: float | None = None
    bytes_per_second: int | None = None
    bytes_per_day: int | None = None

    @classmethod
    def of_provider(cls, provider: Provider) -> PaceLimits:
        return cls(
            provider.connections_per_mailbox,
            provider.connections_per_host,
            provider.messages_per_second,
            provider.bytes_per_second,
            provider.bytes_per_day,
        )

    def as_settings(self) -> dict[str, Any]:
        """The keys of ``MailMigration.settings``."""
        return asdict(self)


BOUNDS: dict[str, tuple[float, float]] = {
    "connections": (1, 10),
    "connections_per_host": (1, 200),
    "messages_per_second": (0.1, 10_000),
    "bytes_per_second": (16_000, 10_000_000_000),
    "bytes_per_day": (1_000_000, 100_000_000_000_000),
}
"""The least and the most that may be chosen: below, nothing would ever end; above, it is no limit."""
