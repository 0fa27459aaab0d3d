"""Trying one login, and what is behind it: the check before a migration."""

from __future__ import annotations

from dataclasses import dataclass, field

from trasloco.engine.account import Side
from trasloco.engine.classify import blame
from trasloco.engine.connecting import connect
from trasloco.engine.failure import Failure, TransferError
from trasloco.engine.labels import speaks_labels, without_labels
from trasloco.engine.opener import close, open_side
from trasloco.engine.room import ask_quota
from trasloco.imap.client import Client
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.errors import CommandFailed
from trasloco.imap.values import Mailbox, Quota


@dataclass(frozen=True, slots=True)
class Probe:
    """What a login found. ``failure`` None = signed in.

    folders: selectable folders. messages, size: sums over them, bytes; None when the server does
    not tell without opening each; where folders are labels each message counts once. facts: fingerprint,
    capabilities and the server's own name. doubt: as of ``Side``.
    """

    failure: Failure | None = None
    folders: int = 0
    messages: int | None = None
    size: int | None = None
    too_large: int | None = None
    quotas: tuple[Quota, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    doubt: str = ""


async def probe(side: Side, *, larger: int | None = None) -> Probe:
    """Sign in once, count, sign out. larger: bytes; count the messages above it too.

    Never raises for what the server does: it is in ``failure``.
    """
    try:
        client, side = await open_side(side)
        try:
            return await _look(side, client, larger)
        finally:
            await close(client)
    except TransferError as error:
        return Probe(failure=error.failure)


async def greet(side: Side) -> Probe:
    """Connect, hear the greeting, go: what can be tried without a password. Never raises for what the server does."""
    try:
        with blame(side, "connecting"):
            client = await connect(side.endpoint, deadlines=Deadlines())
        facts = {"server": client.greeting, "fingerprint": client.fingerprint or ""}
        await close(client)
        return Probe(facts=facts)
    except TransferError as error:
        return Probe(failure=error.failure)


async def _look(side: Side, client: Client, larger: int | None) -> Probe:
    with blame(side, "reading the folder list"):
        tree = [mailbox for mailbox in await client.tree() if mailbox.selectable]
        counted = without_labels(tree) if speaks_labels(client) else tree
        quotas = await ask_quota(client)
        too_large = None if larger is None else await _count_larger(client, counted, larger)
    facts = {"server": client.server_id.get("name", "") or client.greeting, "capabilities": " ".join(client.capabilities)}
    if client.fingerprint:
        facts["fingerprint"] = client.fingerprint
    return Probe(None, len(tree), _messages(counted), _size(counted), too_large, tuple(quotas), facts, side.doubt)


async def _count_larger(client: Client, tree: list[Mailbox], larger: int) -> int | None:
    """SEARCH LARGER in each folder that is not empty (RFC 9051 6.4.4); None where a server will not open or search one."""
    count = 0
    for mailbox in tree:
        if mailbox.status is not None and mailbox.status.messages == 0:
            continue
        try:
            await client.select(mailbox.name, read_only=True)
            count += len(await client.search(b"LARGER %d" % larger))
        except CommandFailed:
            return None
    return count


def _messages(tree: list[Mailbox]) -> int | None:
    counts = [mailbox.status.messages for mailbox in tree if mailbox.status is not None]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(tree) else None


def _size(tree: list[Mailbox]) -> int | None:
    sizes = [mailbox.status.size for mailbox in tree if mailbox.status is not None]
    known = [size for size in sizes if size is not None]
    return sum(known) if tree and len(known) == len(tree) else None
