"""The ledger's pairs of folders as both servers have them now: renumbered, replaced by others, renamed.

A folder is known by its UIDVALIDITY, which a renaming leaves as it is (RFC 9051 6.3.6), and by its MAILBOXID where the
server has one (RFC 8474). MAILBOXID is taken from SELECT alone: Cyrus 3.6 tells another one in STATUS, of random bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trasloco.engine.account import Side
from trasloco.engine.classify import blame, busy, explain
from trasloco.engine.failure import SideName, TransferError
from trasloco.engine.ledger import FolderRecord, Ledger
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.imap.client import Client
from trasloco.imap.errors import CommandFailed
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Mailbox, Selected, Status
from trasloco.plan.roles import Role, claims
from trasloco.sentence import sentence as _

_THROWN_AWAY = frozenset({Role.TRASH, Role.JUNK})


@dataclass(frozen=True, slots=True)
class Listed:
    """One side's folders as listed now. doubtful: a folder that was opened under its name proved to be another one of
    the same UIDVALIDITY, so all are opened to be asked for their MAILBOXID."""

    side: Side
    client: Client
    tree: Sequence[Mailbox]
    doubtful: bool

    @property
    def statuses(self) -> Mapping[bytes, Status | None]:
        return {mailbox.name: mailbox.status for mailbox in self.tree}

    async def is_another(self, name: bytes, mailbox_id: str) -> bool:
        """Whether this name is another folder's than the one with that MAILBOXID. Raises TransferError."""
        if not self.doubtful or not mailbox_id:
            return False
        selected = await self.select(name)
        return selected is not None and bool(selected.mailbox_id) and selected.mailbox_id != mailbox_id

    async def select(self, name: bytes) -> Selected | None:
        """None when it cannot be opened. Raises TransferError."""
        folder = decode_name(name)
        try:
            with blame(self.side, "opening the folder", folder, refusals=True):
                return await self.client.select(name, read_only=True)
        except CommandFailed as error:
            if busy(error.status):
                raise TransferError(explain(error, self.side, "opening the folder", folder=folder)) from error
            return None


async def retire_renumbered(ledger: Ledger, records: Sequence[FolderRecord], source: Listed, destination: Listed, sink: Sink) -> None:
    """Where a source folder is another one, or has other numbers, and the destination's is the same: its rows become
    relics. Raises TransferError, LedgerUnavailable, Fenced.

    When the destination's has changed too, nothing of the rows holds: they are forgotten when its turn comes.
    """
    here, there = source.statuses, destination.statuses
    for record in records:
        ours, theirs = here.get(record.source_name), there.get(record.destination_name)
        if ours is None or theirs is None or not record.source_uidvalidity or not record.destination_uidvalidity:
            continue
        if not ours.uidvalidity or theirs.uidvalidity != record.destination_uidvalidity:
            continue
        if ours.uidvalidity != record.source_uidvalidity or await source.is_another(record.source_name, record.source_id):
            await ledger.retire(record.id)
            tell_renumbered(sink, record.source_name)


def tell_renumbered(sink: Sink, source_name: bytes, side: SideName = SideName.SOURCE) -> None:
    """For people."""
    shown = decode_name(source_name)
    if side is SideName.SOURCE:
        words = _(
            "“%(folder)s”: the source has renumbered this folder (UIDVALIDITY changed); its messages are matched again, not copied again.",
            folder=shown,
        )
    else:
        words = _(
            "“%(folder)s”: the destination has renumbered this folder (UIDVALIDITY changed); its messages are matched again, "
            "not copied again.",
            folder=shown,
        )
    sink.write(Entry(Level.WARNING, "uidvalidity-changed", words, shown))


async def follow_renamed(ledger: Ledger, records: Sequence[FolderRecord], destination: Listed, sink: Sink) -> bool:
    """Pairs whose folder on the destination goes by another name now are bound to that. Whether there was any.

    Not into the Trash: to rename a folder there is to delete it, and new mail must not follow. Raises TransferError,
    LedgerUnavailable, Fenced.
    """
    statuses, listed = destination.statuses, destination.tree
    lost = [record for record in records if record.destination_uidvalidity and await _is_gone(record, statuses, destination)]
    if not lost:
        return False
    kept = {record.destination_name for record in records} - {record.destination_name for record in lost}
    bins = _bins(listed)
    free = [mailbox for mailbox in listed if mailbox.selectable and mailbox.name not in kept and not _thrown_away(mailbox, bins)]
    followed = False
    for record in lost:
        name = await _find(record, destination, free) if record.destination_name.upper() != b"INBOX" else None
        if name is None:
            continue
        free = [mailbox for mailbox in free if mailbox.name != name]
        await ledger.rebind(record.id, name)
        old, new = decode_name(record.destination_name), decode_name(name)
        shown = decode_name(record.source_name)
        words = _(
            "“%(old)s” is named “%(new)s” on the destination now: the mail of “%(folder)s” goes there.", old=old, new=new, folder=shown
        )
        sink.write(Entry(Level.INFO, "folder-followed", words, shown))
        followed = True
    return followed


def tell_bound_anew(sink: Sink, record: FolderRecord, name: bytes) -> None:
    """For people."""
    old, new, shown = decode_name(record.destination_name), decode_name(name), decode_name(record.source_name)
    words = _(
        "“%(old)s” is not there any more on the destination: the mail of “%(folder)s” goes to “%(new)s”, which is.",
        old=old,
        folder=shown,
        new=new,
    )
    sink.write(Entry(Level.INFO, "folder-followed", words, shown))


async def _is_gone(record: FolderRecord, statuses: Mapping[bytes, Status | None], destination: Listed) -> bool:
    """Not there under its name any more. A server that lists no status says nothing of another name either."""
    if record.destination_name not in statuses:
        return True
    status = statuses[record.destination_name]
    if status is None or not status.uidvalidity:
        return False
    return status.uidvalidity != record.destination_uidvalidity or await destination.is_another(
        record.destination_name, record.destination_id
    )


async def _find(record: FolderRecord, destination: Listed, free: Sequence[Mailbox]) -> bytes | None:
    """The one folder that is this pair's under another name; None when there is none, or more than one may be it."""
    number = record.destination_uidvalidity
    validities = Counter(mailbox.status.uidvalidity for mailbox in destination.tree if mailbox.status is not None)
    candidates = [mailbox.name for mailbox in free if mailbox.status is not None and mailbox.status.uidvalidity == number]
    if not record.destination_id:
        # 1 and the like are no numbers that tell one folder from another.
        return candidates[0] if len(candidates) == 1 and validities[number] == 1 and (number or 0) > 1 else None
    for name in candidates:
        selected = await destination.select(name)
        if selected is not None and selected.mailbox_id == record.destination_id:
            return name
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
