"""Gmail in one account's run: what All Mail tells of every message's labels, and which messages are the archive.

Each label is a folder of the source like any other. All Mail has no rows for what is in such a folder: as a folder of this run
it is made of the messages that no carried or left-out folder of a label has (``at_rest``), and that is the archive. Labels that
only mark what is elsewhere too (Starred, Important, Chats) make nothing be elsewhere. See ADR 10.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from trasloco.engine.classify import blame, busy, explain
from trasloco.engine.departures import View
from trasloco.engine.failure import Scope, TransferError
from trasloco.engine.identity import Place
from trasloco.engine.inventory import ITEMS, Inventory, Lister, take
from trasloco.engine.ledger import FolderRecord, Ledger
from trasloco.engine.sink import Entry, Level
from trasloco.imap.client import Client
from trasloco.imap.errors import CommandFailed
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Fetched, Mailbox
from trasloco.plan.labels import below_root
from trasloco.plan.roles import Role, role_by_attribute

EXTENSION = "X-GM-EXT-1"
"""The capability that says all of this is to be had."""

CATEGORIES = ("social", "promotions", "updates", "forums")
"""Tabs of the inbox, as Gmail's search knows them; their keywords have a capital letter."""

LIMITS = frozenset({1000, 2000, 5000, 10000})
"""Messages that a folder shows at most, where the user has chosen one of Gmail's limits."""

_SYSTEM = {Role.SENT: b"\\Sent", Role.DRAFTS: b"\\Draft"}
_PLACES = frozenset({b"\\Inbox", *_SYSTEM.values()})
_KEYWORDS = frozenset(name.capitalize() for name in CATEGORIES)
_NAMED = 5  # labels shown


def speaks_labels(client: Client) -> bool:
    """Whether the source is one whose folders are labels."""
    return EXTENSION in client.capabilities


def not_told(tree: Sequence[Mailbox]) -> list[Entry]:
    """What is to be said of a source that looks like Gmail and does not tell labels."""
    if not any(below_root(_path(mailbox)) for mailbox in tree):
        return []
    words = f"The source has Gmail's folders, but does not offer {EXTENSION}: its labels cannot be read. Each folder is fetched by itself, "
    words += "so a message with several labels is fetched several times, and All Mail is copied as a whole. Connect to imap.gmail.com "
    words += "directly and not through a relay, or leave out All Mail."
    return [Entry(Level.WARNING, "labels-not-told", words)]


class IdentifiedInventory(Inventory):
    """An inventory that knows X-GM-MSGID: 8 bytes more for each message."""

    _columns = (*Inventory._columns, "_identities")

    def __init__(self) -> None:
        super().__init__()
        self._identities = array("Q")

    def identity(self, position: int) -> int | None:
        return self._identities[position] or None

    def _put(self, index: int, item: Fetched) -> None:
        super()._put(index, item)
        number = item.other.get("X-GM-MSGID")
        self._identities.insert(index, number if isinstance(number, int) else 0)


class LabelledInventory(IdentifiedInventory):
    """And X-GM-LABELS: 4 bytes more, since few sets of labels differ."""

    _columns = (*IdentifiedInventory._columns, "_sets")

    def __init__(self) -> None:
        super().__init__()
        self._sets = array("I")
        self.sets: list[frozenset[bytes]] = []
        self._numbers: dict[frozenset[bytes], int] = {}

    def set_number(self, position: int) -> int:
        """Which of ``sets`` the message has."""
        return self._sets[position]

    def _put(self, index: int, item: Fetched) -> None:
        super()._put(index, item)
        labels = frozenset(cast(tuple[bytes, ...], item.other.get("X-GM-LABELS") or ()))
        number = self._numbers.get(labels)
        if number is None:
            number = self._numbers[labels] = len(self.sets)
            self.sets.append(labels)
        self._sets.insert(index, number)


_IDENTIFIED = Lister((*ITEMS, "X-GM-MSGID"), IdentifiedInventory)
_LABELLED = Lister((*ITEMS, "X-GM-MSGID", "X-GM-LABELS"), LabelledInventory)
_ONLY_LABELS = Lister(("UID", "RFC822.SIZE", "X-GM-MSGID", "X-GM-LABELS"), LabelledInventory)  # a size tells it from news of flags


class Labels:
    """Of one attempt. tree: the source's folders. carried: names of those that are copied.

    all_mail: its wire name, None where it is not carried. before: what it told at the beginning.
    """

    def __init__(self, tree: Sequence[Mailbox], carried: Iterable[bytes], categories: bool) -> None:
        shown = [item.name for item in tree if item.selectable and role_by_attribute(item.attributes) is Role.ALL]
        carried = frozenset(carried)
        self._shows_all = bool(shown)
        self.all_mail = next((name for name in shown if name in carried), None)
        self._places = dict(place for item in tree if item.selectable and (place := _place(item)) is not None)
        self._carried = carried & frozenset(self._places.values())
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
        """Learn what All Mail tells now, before any folder is listed. Raises TransferError."""
        if self.all_mail is not None:
            self.before = self._unread = await self._look(source, self.all_mail)

    async def archived_uids(self, source: Place, record: FolderRecord) -> set[int] | None:
        """UIDs of the archive as it is now; None when that cannot be told. All Mail is open afterwards. Raises TransferError."""
        assert self.all_mail is not None
        if await _validity(source, self.all_mail) != record.source_uidvalidity:
            return None
        inventory, self._unread = self._unread or await self._look(source, self.all_mail), None
        return {inventory.uids[position] for position in self._archived(inventory)}

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

    def remarks(self, destination: Client) -> list[Entry]:
        """What a person should know before all is brought."""
        if "UIDPLUS" in destination.capabilities:
            return self._remarks()
        words = "The destination does not tell where copies arrive (UIDPLUS): messages with several labels are fetched once for each."
        return [Entry(Level.WARNING, "labels-not-copied", words), *self._remarks()]

    def _remarks(self) -> list[Entry]:
        if not self._shows_all:
            words = "All Mail is not shown in IMAP, so archived mail (mail without a label) cannot be seen and is not copied; mail with "
            words += "labels is. In Gmail's settings, under Labels, tick “Show in IMAP” for All Mail, then run once more."
            return [Entry(Level.WARNING, "all-mail-hidden", words)]
        if self.before is None:
            return []
        archived = self.count_archived()
        words = f"Gmail's labels become folders, and every message is fetched once: All Mail has {len(self.before)} messages, "
        entries = [Entry(Level.INFO, "labels-read", f"{words}of which {archived} are in no folder of a label and go to the archive.")]
        if len(self.before) in LIMITS:
            words = f"All Mail shows exactly {len(self.before)} messages, as if Gmail were set to limit IMAP folders to that number; older "
            words += "mail is hidden then. In Gmail's settings, under Forwarding and POP/IMAP, choose not to limit the number of messages."
            entries.append(Entry(Level.WARNING, "folder-limit", words))
        return [*entries, *self._hidden()]

    def _hidden(self) -> list[Entry]:
        assert self.before is not None
        hidden = [index for index, labels in enumerate(self.before.sets) if any(self._is_hidden(label) for label in labels)]
        if not hidden:
            return []
        names = sorted(
            {decode_name(label.removeprefix(b"\\")) for index in hidden for label in self.before.sets[index] if self._is_hidden(label)}
        )
        shown = ", ".join(f"“{name}”" for name in names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
        alone = {index for index in hidden if not self._folders(self.before.sets[index])}
        count = sum(1 for position in range(len(self.before)) if self.before.set_number(position) in alone)
        words = (
            f"Labels that IMAP does not show: {shown}. They make no folder; {count} messages that have no other label go to the archive. "
        )
        words += "To have the folders, tick “Show in IMAP” for these labels in Gmail's settings, under Labels, before the first run."
        return [Entry(Level.WARNING, "labels-hidden", words)]

    def _is_hidden(self, label: bytes) -> bool:
        return label not in self._places and (label in _PLACES or not label.startswith(b"\\"))

    def _folders(self, labels: frozenset[bytes]) -> frozenset[bytes]:
        """The folders a message with these labels is in."""
        return frozenset(self._places[label] for label in labels if label in self._places)

    def _archived(self, inventory: LabelledInventory) -> list[int]:
        """Positions of what is in no folder."""
        alone = [not self._folders(labels) for labels in inventory.sets]
        return [position for position in range(len(inventory)) if alone[inventory.set_number(position)]]

    def _relabelled(self, inventory: LabelledInventory) -> list[int]:
        """Positions of what is in carried folders now, but in none of those it was in at the beginning."""
        if self.before is None:
            return []
        now = [self._folders(labels) & self._carried for labels in inventory.sets]
        then = [self._folders(labels) for labels in self.before.sets]
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
    if role is not None or below_root(_path(mailbox)):
        return None
    return mailbox.name, mailbox.name


def _path(mailbox: Mailbox) -> tuple[str, ...]:
    return tuple(decode_name(mailbox.name).split(mailbox.delimiter or "/"))
