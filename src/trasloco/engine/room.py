"""Will it fit? What the destination says of its limits before a run (RFC 7889, RFC 9208)."""

from __future__ import annotations

from collections.abc import Sequence

from trasloco.engine.account import Side
from trasloco.engine.failure import Failure, Retry, Scope, TransferError
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.imap.client import Client
from trasloco.imap.errors import CommandFailed
from trasloco.imap.values import Quota
from trasloco.sentence import sentence as _

UNIT = 1024
"""STORAGE is counted in units of 1024 bytes (RFC 9208 5.1)."""


def append_limit(client: Client) -> int | None:
    """The largest message the server takes, bytes; None when it names no limit."""
    value = client.capabilities.value("APPENDLIMIT")
    return int(value) if value is not None and value.isdigit() and int(value) > 0 else None


async def ask_quota(client: Client) -> list[Quota]:
    """The quotas of INBOX's roots; none when the server has none or will not say. Raises what ends the connection."""
    try:
        return await client.quota()
    except CommandFailed:
        return []


def judge_room(side: Side, quotas: Sequence[Quota], size: int | None, sink: Sink) -> None:
    """Raises TransferError when ``size`` bytes can never fit; warns when they may not fit beside what is there.

    What is there may be the same mail already, so only the whole quota is a reason to stop.
    """
    if size is None:
        return
    for quota in quotas:
        if quota.resource.upper() != "STORAGE":
            continue
        if size > quota.limit * UNIT:
            words = _(
                "Destination %(server)s: the mailbox of %(user)s cannot hold this mail: "
                "%(mail)s to bring, %(most)s is all it may have. Give it more room, then start again.",
                server=str(side.endpoint),
                user=side.credentials.display,
                mail=_mib(size),
                most=_mib(quota.limit * UNIT),
            )
            raise TransferError(Failure(side.name, Scope.ACCOUNT, Retry.NEVER, "will-not-fit", words))
        if size > (quota.limit - quota.usage) * UNIT:
            free = _mib(max(0, quota.limit - quota.usage) * UNIT)
            words = _(
                "There may not be room for everything: %(mail)s on the source, %(free)s free on the destination.",
                mail=_mib(size),
                free=free,
            )
            sink.write(Entry(Level.WARNING, "room-is-short", words))


def _mib(size: int) -> str:
    return f"{size / 1024**2:,.1f} MiB"
