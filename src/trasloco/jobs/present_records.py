"""The MX records of a migration's domains as a mail tells them: by its watch, and where that knows nothing yet, by the resolver."""

from __future__ import annotations

from dataclasses import dataclass

from trasloco.jobs.mx import current_mx_of
from trasloco.records.models import MailMigration
from trasloco.records.mx_lines import MxLine, mx_lines

MOST_DOMAINS = 20
"""Told in one mail; more would make it long."""


@dataclass(frozen=True, slots=True)
class PresentRecords:
    """servers: domain, its line (None where it was not asked yet), and the hosts the resolver says then. more: domains that are left."""

    servers: tuple[tuple[str, MxLine | None, tuple[str, ...] | None], ...]
    more: int


def present_records(migration: MailMigration) -> PresentRecords:
    """Of a bounded number of domains; may take seconds, so not in a transaction."""
    known = {line.domain: line for line in mx_lines(migration) if line.state != "unasked"}
    names = migration.domains[:MOST_DOMAINS]
    asked = dict(current_mx_of([name for name in names if name not in known]))
    servers = tuple((name, known.get(name), asked.get(name)) for name in names)
    return PresentRecords(servers, max(0, len(migration.domains) - MOST_DOMAINS))
