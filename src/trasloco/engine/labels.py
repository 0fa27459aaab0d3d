"""Gmail in one account's run: what All Mail tells of every message's labels, and which messages are the archive.

Each label is a folder of the source like any other. All Mail has no rows for what is in such a folder: as a folder of this run
it is made of the messages that no carried or left-out folder of a label has (``at_rest``), and that is the archive. Labels that
only mark what is elsewhere too (Starred, Important, Chats) make nothing be elsewhere. See ADR 12.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from trasloco.engine.classify import blame, busy, explain
from trasloco.engine.departures import View
from trasloco.engine.failure import Scope, TransferError
from trasloco.engine.identity import Place
from trasloco.engine.inventory import ITEMS, Inventory, Lister, take
from trasloco.engine.labelled_inventory import IdentifiedInventory, LabelledInventory
from trasloco.engine.ledger import FolderRecord, Ledger
from trasloco.engine.uid_set import UidSet
from trasloco.imap.client import Client
from trasloco.imap.errors import CommandFailed
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Mailbox
from trasloco.plan.labels import below_root
from trasloco.plan.roles import Role, role_by_attribute

EXTENSION = "X-GM-EXT-1"
"""The capability that says all of this is to be had."""

CATEGORIES = ("social", "promotions", "updates", "forums")
"""Tabs of the inbox, as Gmail's search knows them; their keywords have a capital letter."""

_SYSTEM = {Role.SENT: b"\\Sent", Role.DRAFTS: b"\\Draft"}
_MARKS = {Role.FLAGGED: b"\\Starred", Role.IMPORTANT: b"\\Important"}
_PLACES = frozenset({b"\\Inbox", *_SYSTEM.values()})
_KEYWORDS = frozenset(name.capitalize() for name in CATEGORIES)


def speaks_labels(client: Client) -> bool:
    """Whether the source is one whose folders are labels."""
    return EXTENSION in client.capabilities


def without_labels(tree: Sequence[Mailbox]) -> list[Mailbox]:
    """The folders in which every message is once: All Mail, Spam and Trash; all of them where All Mail is not shown."""
    roles = {role_by_attribute(mailbox.attributes): mailbox for mailbox in tree if mailbox.selectable}
    once = [roles[role] for role in (Role.ALL, Role.JUNK, Role.TRASH) if role in roles]
    return once if Role.ALL in roles else list(tree)


_IDENTIFIED = Lister((*ITEMS, "X-GM-MSGID"), IdentifiedInventory)
_LABELLED = Lister((*ITEMS, "X-GM-MSGID", "X-GM-LABELS"), LabelledInventory)
_ONLY_LABELS = Lister(("UID", "RFC822.SIZE", "X-GM-MSGID", "X-GM-LABELS"), LabelledInventory)  # a size tells it from news of flags


class Labels:
    """Of one attempt. tree: the source's folders. carried: names of those that are copied.

    all_mail: its wire name, None where it is not carried. shows_all: IMAP shows it. before: what it told at the beginning.
    """

    def __init__(self, tree: Sequence[Mailbox], carried: Iterable[bytes], categories: bool) -> None:
        shown = [item.name for item in tree if item.selectable and role_by_attribute(item.attributes) is Role.ALL]
        carried = frozenset(carried)
        self.shows_all = bool(shown)
        self.all_mail = next((name for name in shown if name in carried), None)
        self._places = dict(place for item in tree if item.selectable and (place := _place(item)) is not None)
        self._carried = carried & frozenset(self._places.values())
        marks = {_MARKS[role]: item.name for item in tree if (role := role_by_attribute(item.attributes)) in _MARKS}
        self._copied = frozenset(label for label, name in (self._places | marks).items() if name in carried)
        self._carries_only_labels = carried <= {self.all_mail, *self._places.values(), *marks.values()}
        self._categories = categories
        self._unread: LabelledInventory | None = None
        self.before: LabelledInventory | None = None

    @property
    def views(self) -> Mapping[bytes, View]:
        """For ``Departures.views``."""
        return {} if self.all_mail is None else {self.all_mail: self.archived_uids}

    def lister(self, name: bytes) -> Lister:
        """How the folder of this name is to be listed."""
        return _LABELLED if name == self.all_mail else _IDENTIFIED

    async def read(self, source: Place) -> None:
        """Learn what All Mail tells now, before any folder is listed. Raises TransferError.

        Where it cannot be opened nothing is learned; when its turn comes it is opened again, and its failure is told then.
        """
        try:
            if self.all_mail is not None:
                self.before = self._unread = await self._look(source, self.all_mail)
        except TransferError as error:
            if error.failure.scope is not Scope.FOLDER:
                raise

    async def archived_uids(self, source: Place, record: FolderRecord) -> UidSet | None:
        """UIDs of the archive as it is now; None when that cannot be told. All Mail is open afterwards. Raises TransferError."""
        assert self.all_mail is not None
        if await _validity(source, self.all_mail) != record.source_uidvalidity:
            return None
        inventory, self._unread = self._unread or await self._look(source, self.all_mail), None
        return UidSet(inventory.uids[position] for position in self._archived(inventory))

    def archived_before(self) -> UidSet | None:
        """The same as it was at the beginning; None where All Mail could not be read."""
        return None if self.before is None else UidSet(self.before.uids[position] for position in self._archived(self.before))

    async def at_rest(self, inventory: Inventory, ledger: Ledger) -> Inventory:
        """Of all that is in All Mail, the archive. Raises LedgerUnavailable.

        Part of it is what was given other labels while the run was on, and was on no folder's list: next time it has moved.
        """
        assert isinstance(inventory, LabelledInventory)
        doubtful = self._relabelled(inventory)
        if not doubtful:
            return inventory.only(self._archived(inventory))
        identities = [identity for position in doubtful if (identity := inventory.identity(position)) is not None]
        seen = {twin.row.identity for twin in await ledger.twins(identities)}
        missed = [position for position in doubtful if inventory.identity(position) not in seen]
        return inventory.only(sorted([*self._archived(inventory), *missed]))

    def count_archived(self) -> int:
        """Messages of the archive at the beginning."""
        return 0 if self.before is None else len(self._archived(self.before))

    def sizes(self) -> tuple[int, int] | None:
        """Bytes to be fetched, and bytes that will be on the destination, where each copy counts; None when All Mail does
        not tell of all that is carried."""
        if self.before is None or self.all_mail is None or not self._carries_only_labels:
            return None
        places = [sum(label in self._copied for label in labels) + (not self.folders(labels)) for labels in self.before.sets]
        fetched = there = 0
        for position, size in enumerate(self.before.sizes):
            copies = places[self.before.set_number(position)]
            fetched += size if copies else 0
            there += size * copies
        return fetched, there

    async def mark_categories(self, client: Client, inventory: Inventory) -> None:
        """Give the messages of the open folder their category as a keyword, if that is wanted. Raises ImapError."""
        if not self._categories or not len(inventory):
            return
        found: dict[int, str] = {}
        for name in CATEGORIES:
            hits = await client.search(f'X-GM-RAW "category:{name}"'.encode())
            found.update((uid, name.capitalize()) for uid in hits)
        for position, uid in enumerate(inventory.uids):
            flags = frozenset(inventory.flags(position).split())
            wanted = flags - _KEYWORDS | ({found[uid]} if uid in found else set())
            if wanted != flags:
                inventory.set_flags(position, wanted)

    def is_hidden(self, label: bytes) -> bool:
        """Whether it is a label whose folder is not shown."""
        return label not in self._places and (label in _PLACES or not label.startswith(b"\\"))

    def folders(self, labels: frozenset[bytes]) -> frozenset[bytes]:
        """The folders a message with these labels is in."""
        return frozenset(self._places[label] for label in labels if label in self._places)

    def _archived(self, inventory: LabelledInventory) -> list[int]:
        """Positions of what is in no folder."""
        alone = [not self.folders(labels) for labels in inventory.sets]
        return [position for position in range(len(inventory)) if alone[inventory.set_number(position)]]

    def _relabelled(self, inventory: LabelledInventory) -> list[int]:
        """Positions of what is in carried folders now, but in none of those it was in at the beginning."""
        if self.before is None:
            return []
        now = [self.folders(labels) & self._carried for labels in inventory.sets]
        then = [self.folders(labels) for labels in self.before.sets]
        found = []
        for position, uid in enumerate(inventory.uids):
            folders, earlier = now[inventory.set_number(position)], self.before.position(uid)
            if folders and earlier is not None and not folders & then[self.before.set_number(earlier)]:
                found.append(position)
        return found

    async def _look(self, source: Place, name: bytes) -> LabelledInventory:
        place = Place(source.side, source.client, decode_name(name))
        with blame(place.side, "reading the labels", place.folder, Scope.FOLDER):
            if source.client.selected is None or source.client.selected.name != name:
                await source.client.select(name, read_only=True)
            return cast(LabelledInventory, await take(source.client, _ONLY_LABELS))


async def _validity(source: Place, name: bytes) -> int | None:
    """UIDVALIDITY of the source's folder, opened for reading; None when it cannot be opened."""
    folder = decode_name(name)
    try:
        with blame(source.side, "reading the labels", folder, refusals=True):
            return (await source.client.select(name, read_only=True)).uidvalidity
    except CommandFailed as error:
        if busy(error.status):
            raise TransferError(explain(error, source.side, "reading the labels", folder=folder)) from error
        return None


def _place(mailbox: Mailbox) -> tuple[bytes, bytes] | None:
    """(label, folder) of a folder whose messages need no place in the archive."""
    role = role_by_attribute(mailbox.attributes)
    if mailbox.name.upper() == b"INBOX":
        return b"\\Inbox", mailbox.name
    if role in _SYSTEM:
        return _SYSTEM[role], mailbox.name
    if role is not None or below_root(path_of(mailbox)):
        return None
    return mailbox.name, mailbox.name


def path_of(mailbox: Mailbox) -> tuple[str, ...]:
    """Decoded levels of a folder's name."""
    return tuple(decode_name(mailbox.name).split(mailbox.delimiter or "/"))
