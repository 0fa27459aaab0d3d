"""The ledger's pairs of folders as both servers have them now: renumbered, replaced by others, renamed.

A folder is known by its UIDVALIDITY, which a renaming leaves as it is (RFC 9051 6.3.6), and by its MAILBOXID where the
server has one (RFC 8474). MAILBOXID is taken from SELECT alone: Cyrus 3.6 tells another one in STATUS, of random bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from trasloco.engine.account import Side
from trasloco.engine.classify import blame, busy, explain
from trasloco.engine.failure import TransferError
from trasloco.engine.ledger import FolderRecord, Ledger
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.imap.client import Client
from trasloco.imap.errors import CommandFailed
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Mailbox, Selected, Status
from trasloco.plan.roles import Role, claims

_THROWN_AWAY = frozenset({Role.TRASH, Role.JUNK})


async def retire_renumbered(
    ledger: Ledger,
    records: Sequence[FolderRecord],
    source: Mapping[bytes, Status | None],
    destination: Mapping[bytes, Status | None],
    sink: Sink,
) -> bool:
    """Where a source folder is another one, or has other numbers, and the destination's is the same: its rows become
    relics. source, destination: as listed now. Whether there was any. Raises LedgerUnavailable, Fenced.

    When the destination's has changed too, nothing of the rows holds: they are forgotten when its turn comes.
    """
    found = False
    for record in records:
        ours, theirs = source.get(record.source_name), destination.get(record.destination_name)
        if ours is None or theirs is None or not record.source_uidvalidity or not record.destination_uidvalidity:
            continue
        if not ours.uidvalidity or ours.uidvalidity == record.source_uidvalidity or theirs.uidvalidity != record.destination_uidvalidity:
            continue
        await ledger.retire(record.id)
        tell_renumbered(sink, record.source_name)
        found = True
    return found


def tell_renumbered(sink: Sink, source_name: bytes, side: str = "source") -> None:
    """For people."""
    shown = decode_name(source_name)
    words = f"“{shown}”: the {side} has renumbered this folder (UIDVALIDITY changed); its messages are matched again, not copied again."
    sink.write(Entry(Level.WARNING, "uidvalidity-changed", words, shown))


async def follow_renamed(
    ledger: Ledger, records: Sequence[FolderRecord], side: Side, client: Client, listed: Sequence[Mailbox], sink: Sink
) -> bool:
    """Pairs whose folder on the destination goes by another name now are bound to that. Whether there was any.

    Not into the Trash: to rename a folder there is to delete it, and new mail must not follow. Raises TransferError,
    LedgerUnavailable, Fenced.
    """
    statuses = {mailbox.name: mailbox.status for mailbox in listed}
    lost = [record for record in records if record.destination_uidvalidity and not _is_there(record, statuses)]
    if not lost:
        return False
    kept = {record.destination_name for record in records} - {record.destination_name for record in lost}
    bins = _bins(listed)
    free = [mailbox for mailbox in listed if mailbox.selectable and mailbox.name not in kept and not _thrown_away(mailbox, bins)]
    followed = False
    for record in lost:
        name = await _find(record, side, client, free, listed) if record.destination_name.upper() != b"INBOX" else None
        if name is None:
            continue
        free = [mailbox for mailbox in free if mailbox.name != name]
        await ledger.rebind(record.id, name)
        old, new = decode_name(record.destination_name), decode_name(name)
        words = f"“{old}” is named “{new}” on the destination now: the mail of “{decode_name(record.source_name)}” goes there."
        sink.write(Entry(Level.INFO, "folder-followed", words, decode_name(record.source_name)))
        followed = True
    return followed


def _is_there(record: FolderRecord, statuses: Mapping[bytes, Status | None]) -> bool:
    """Under its name, or not to be told: a server that lists no status says nothing of another name either."""
    if record.destination_name not in statuses:
        return False
    status = statuses[record.destination_name]
    return status is None or not status.uidvalidity or status.uidvalidity == record.destination_uidvalidity


async def _find(record: FolderRecord, side: Side, client: Client, free: Sequence[Mailbox], listed: Sequence[Mailbox]) -> bytes | None:
    """The one folder that is this pair's under another name; None when there is none, or more than one may be it."""
    validities = Counter(mailbox.status.uidvalidity for mailbox in listed if mailbox.status is not None)
    candidates = [
        mailbox.name for mailbox in free if mailbox.status is not None and mailbox.status.uidvalidity == record.destination_uidvalidity
    ]
    if not record.destination_id:
        # 1 and the like are no numbers that tell one folder from another.
        alone = len(candidates) == 1 and validities[record.destination_uidvalidity] == 1 and (record.destination_uidvalidity or 0) > 1
        return candidates[0] if alone else None
    for name in candidates:
        selected = await _select(side, client, name)
        if selected is not None and selected.mailbox_id == record.destination_id:
            return name
    return None


async def _select(side: Side, client: Client, name: bytes) -> Selected | None:
    folder = decode_name(name)
    try:
        with blame(side, "opening the folder", folder, refusals=True):
            return await client.select(name, read_only=True)
    except CommandFailed as error:
        if busy(error.status):
            raise TransferError(explain(error, side, "opening the folder", folder=folder)) from error
        return None


def _bins(listed: Sequence[Mailbox]) -> list[bytes]:
    """Names of the Trash and of the folder for spam."""
    paths = [tuple(decode_name(mailbox.name).split(mailbox.delimiter or "\0")) for mailbox in listed]
    roles = claims([(mailbox.attributes, path) for mailbox, path in zip(listed, paths, strict=True)])
    return [mailbox.name for mailbox, claim in zip(listed, roles, strict=True) if claim is not None and claim.role in _THROWN_AWAY]


def _thrown_away(mailbox: Mailbox, bins: Sequence[bytes]) -> bool:
    """In one of them, or below."""
    delimiter = (mailbox.delimiter or "").encode()
    return any(mailbox.name == name or (delimiter and mailbox.name.startswith(name + delimiter)) for name in bins)
