"""What --type should be told for the servers of a CSV, before anybody signs in: hints, never refusals."""

from __future__ import annotations

from collections.abc import Sequence

from trasloco.plan.providers import of_host, providers
from trasloco.plan.table import Row


def type_hints(rows: Sequence[Row], source_type: str, *, by_token: bool) -> list[str]:
    """One sentence for each server that is known as another type's, and one for passwords where none are taken.

    source_type: of --type. by_token: --source-oauth was given.
    """
    hints = []
    for host in dict.fromkeys(row.host.casefold() for row in rows):
        known = of_host(host)
        if known is not None and known.host != providers()[source_type].host:
            hints.append(f"{host} is {known.title}: with --type {known.name} its limits are kept, and folders that hold no mail left out.")
    kinds = dict.fromkeys(
        (of_host(row.host) or providers()[source_type]).title for row in rows if row.password and not _takes(row, source_type)
    )
    if not by_token:
        hints += [f"{title} takes no passwords by IMAP: leave them empty and give --source-oauth (docs/oauth.md)." for title in kinds]
    return hints


def _takes(row: Row, source_type: str) -> bool:
    return (of_host(row.host) or providers()[source_type]).takes_passwords
