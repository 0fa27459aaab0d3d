"""The servers of a stored account as ``Endpoint`` values, and how its connections are protected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trasloco.engine.connection_facts import connection_facts
from trasloco.imap.endpoint import Endpoint, Security, Speech, Trust
from trasloco.records.models import Account


def source_of(account: Account) -> Endpoint:
    """The old server, as it is pinned."""
    return Endpoint(
        account.source_host,
        account.source_port,
        Security(account.source_security),
        Trust(account.source_trust),
        account.source_address,
        account.source_fingerprint,
        Speech(account.source_speech),
    )


def destination_of(given: Mapping[str, Any]) -> Endpoint:
    """The new server. given: the shape of ``MailMigration.destination``."""
    return Endpoint(given["host"], given["port"], Security(given["security"]), Trust(given["trust"]), fingerprint=given.get("fingerprint"))


def connections(account: Account, destination: Mapping[str, Any]) -> dict[str, dict[str, str | None]]:
    """``connection_facts`` of both sides; a draft has no destination yet. destination: as of ``destination_of``."""
    found = {"source": connection_facts(source_of(account))}
    if destination:
        found["destination"] = connection_facts(destination_of(destination))
    return found
