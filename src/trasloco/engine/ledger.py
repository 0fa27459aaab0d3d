"""The ledger port: what we know of every message, and the protocol that makes it exactly-once.

A ledger belongs to one account (one source mailbox to one destination mailbox) and to one
transfer of it. Bodies: ``MemoryLedger`` (no database), ``records.postgres_ledger.PostgresLedger``.

The protocol, for each batch of one folder:
1. ``begin`` commits the *intent* before the first byte is sent: where, from which destination
   UIDNEXT on, which source UIDs.
2. The batch is appended.
3. ``settle`` writes the rows and removes the intent, in one transaction.
Whoever finds an intent on opening the folder was killed between 1 and 3: he reads the
destination from that UIDNEXT on, matches, and settles what is found; the rest is sent again. What was not
found may still arrive: for that the intent stays, as a *late* one (``narrow``), until a pass over the
folder has come to its end and looked once more.
Moves and copies within the destination go the same way: their intent says where the messages were (``Origin``).

Every write raises ``Fenced`` when another worker has taken the transfer over, and then wrote nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from trasloco.engine.fate import Fate, Tally
from trasloco.imap.values import Selected


class Fenced(Exception):
    """Another worker owns this transfer now; stop at once, write nothing."""


@dataclass(frozen=True, slots=True)
class FolderRecord:
    """One pair of folders and how far it was known when last completely processed.

    source_name, destination_name: wire bytes. The pair is bound for ever at its first run: a later
    run finds the same destination folder whatever the names have become. A folder that is left out, or
    that the destination takes under no name, has the destination b"": its messages only are listed.
    renamed: why the destination's name is not the source's ("" when it is), for people.
    source_uidvalidity, destination_uidvalidity: those the message rows are valid for.
    source_id, destination_id: MAILBOXID of both (RFC 8474), "" where the server has none.
    source_uidnext, source_messages, source_modseq: the source's STATUS at the last completed pass
    over the folder, all None before it; equal again = nothing to do.
    destination_uidnext: a lower bound of the destination's next UID at the end of that pass, None before it.
    departed: messages that were brought and that this pass did not find on the source any more, less those found elsewhere since.
    begun: whether there were intents when this was read (``folders``).
    run, tally: number of the run of the last completed pass, and how its messages fared.
    """

    id: int
    source_name: bytes
    destination_name: bytes
    renamed: str = ""
    source_uidvalidity: int | None = None
    destination_uidvalidity: int | None = None
    source_uidnext: int | None = None
    source_messages: int | None = None
    source_modseq: int | None = None
    run: int | None = None
    tally: Tally | None = None
    source_id: str = ""
    destination_id: str = ""
    destination_uidnext: int | None = None
    departed: int = 0
    begun: bool = False


@dataclass(slots=True)
class MessageRow:
    """What is known of one source message of a folder; key (folder, source_uid).

    destination_uid: None when it is not on the destination, or its UID is not known.
    size: bytes of the literal that passed; for a skipped one what the source says.
    digest: SHA-256 of those bytes, None when they never passed.
    flags: the source's flags when last seen (the base of the three-way update), sorted, joined by
    a space, without \\Recent.
    reason: the rule (skipped) or the server's words (refused); "" otherwise.
    run: number of the run that gave the fate; 0 when it was another migration's (see ``records.inheritance``).
    listed: bytes as the source lists the message, None when it lists ``size``: some list another size than they send.
    identity: the number by which the source knows the message in each of its folders (Gmail's X-GM-MSGID), None where it has none.
    """

    source_uid: int
    fate: Fate
    run: int
    destination_uid: int | None = None
    size: int = 0
    digest: bytes | None = None
    flags: str = ""
    reason: str = ""
    listed: int | None = None
    identity: int | None = None

    @property
    def listed_size(self) -> int:
        """Bytes by which the source's list knows it."""
        return self.size if self.listed is None else self.listed


class Known(NamedTuple):
    """The slim view of a row that the diff needs; a folder's millions of them are streamed."""

    source_uid: int
    destination_uid: int | None
    fate: Fate
    run: int
    flags: str
    identity: int | None = None


class Sum(NamedTuple):
    """How many rows of a folder have this fate from this run, and what their source UIDs add up to."""

    fate: Fate
    run: int
    messages: int
    uids: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where messages that are to be moved or copied within the destination are now.

    name: the folder's wire bytes. uids: theirs there, in the order of the intent's source UIDs.
    stays: they are copied, and are left there.
    """

    name: bytes
    uidvalidity: int
    uids: tuple[int, ...]
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    """A batch that was begun and not settled. flags: the source's, as sent with each message, in the order of
    the UIDs; empty when they are not known. origin: of messages that are moved or copied there, None for those that are sent.
    late: it was looked for and these had not arrived; ``source_uids`` is empty when the source's numbers have changed since,
    and then any message of the folder may be meant."""

    id: int
    folder_id: int
    destination_uidvalidity: int | None
    destination_uidnext: int
    source_uids: tuple[int, ...]
    flags: tuple[str, ...] = ()
    origin: Origin | None = None
    late: bool = False

    @property
    def arrives(self) -> bool:
        """Whether its messages are added to the folder whatever becomes of others: all but those of a move."""
        return self.origin is None or self.origin.stays

    def lowest(self, uidvalidity: int | None) -> int:
        """The lowest UID that its messages can have in the destination's folder of that UIDVALIDITY."""
        return self.destination_uidnext if uidvalidity == self.destination_uidvalidity else 1


@dataclass(frozen=True, slots=True)
class Relic:
    """What is known of a message that was brought, and whose source UID means nothing any more: its folder was
    renumbered, or has made place for another one of the same name. destination_uid of ``row`` is valid in
    ``destination_name`` for ``destination_uidvalidity``."""

    id: int
    source_name: bytes
    destination_name: bytes
    destination_uidvalidity: int
    row: MessageRow


@dataclass(frozen=True, slots=True)
class Twin:
    """A row of a message that is asked for by its identity, and the pair of folders it belongs to."""

    folder_id: int
    row: MessageRow


class Ledger(Protocol):
    """The port. All methods may raise ``Fenced`` (writes) and ``LedgerUnavailable`` (storage lost)."""

    async def folders(self) -> Sequence[FolderRecord]:
        """All pairs bound so far."""

    async def bind(self, source_name: bytes, destination_name: bytes, renamed: str = "") -> FolderRecord:
        """Bind a pair, or return the one already bound for ``source_name`` unchanged. One bound to b"" is given
        its destination when there is one now, and begins anew: without rows, validities and marks."""

    def known(self, folder_id: int) -> AsyncIterator[Sequence[Known]]:
        """All rows of a folder in order of source UID, in chunks of a few thousand."""

    async def sums(self, folder_id: int) -> Sequence[Sum]:
        """All rows of a folder added up, one ``Sum`` for each fate and run, in no order."""

    def rows(self, folder_id: int) -> AsyncIterator[Sequence[MessageRow]]:
        """All rows of a folder with everything that is known, in order of source UID, in chunks."""

    async def twins(self, identities: Sequence[int]) -> Sequence[Twin]:
        """The rows of messages with these identities in every folder, in the order of folders and source UIDs."""

    async def moved(
        self,
        old_folder_id: int | None,
        old_uids: Sequence[int],
        folder_id: int,
        rows: Sequence[MessageRow],
        *,
        relics: Sequence[int] = (),
        intent: int | None = None,
    ) -> None:
        """Messages that moved between folders on the source were moved on the destination: the old rows and the
        old folder's marks go, and so do the relics and the intent named; the new rows are written, in one transaction."""

    async def rebind(self, folder_id: int, destination_name: bytes) -> None:
        """The destination's folder goes by another name now; rows and validities stay."""

    async def revalidate(
        self, folder_id: int, source_uidvalidity: int, destination_uidvalidity: int, source_id: str = "", destination_id: str = ""
    ) -> None:
        """State for which validities the rows are (first opening of a folder), and the folders' MAILBOXIDs."""

    async def forget(
        self,
        folder_id: int,
        source_uidvalidity: int,
        destination_uidvalidity: int,
        *,
        source_holds: bool = False,
        shown: Selected | None = None,
    ) -> None:
        """The destination's UIDVALIDITY changed: drop all rows and marks of the folder and start from these validities.
        What is on the destination is matched again, never copied again. Intents become late ones, from UID 1 on; those of
        moves go. source_holds: the source's UIDs mean what they did. shown: the destination's folder as it shows itself now; when
        it shows fewer messages than were brought, the others may come to light: a late intent of any message is left for them,
        from its UIDNEXT on."""

    async def retire(self, folder_id: int) -> None:
        """The source's UIDVALIDITY changed: rows of messages that were brought become relics, all other rows, validities
        and marks of the folder go, intents become late ones and those of moves go, in one transaction."""

    def relics(self) -> AsyncIterator[Sequence[Relic]]:
        """All relics, in chunks."""

    async def intents(self, folder_id: int) -> Sequence[Intent]:
        """Batches begun and not settled, oldest first."""

    async def begin(
        self,
        folder_id: int,
        destination_uidvalidity: int | None,
        destination_uidnext: int,
        source_uids: Sequence[int],
        flags: Sequence[str] = (),
        origin: Origin | None = None,
    ) -> int:
        """Commit an intent durably; returns its id. flags, origin: as of ``Intent``."""

    async def confirm(self) -> None:
        """Raise ``Fenced`` when the transfer is no longer ours; writes nothing."""

    async def settle(self, intent_id: int, rows: Sequence[MessageRow]) -> None:
        """Write (insert or replace) these rows and remove the intent, in one transaction. UIDs of the
        intent without a row are simply unknown again. An intent that is gone already raises ``Fenced``."""

    async def narrow(self, intent_id: int, source_uids: Sequence[int], flags: Sequence[str] = (), rows: Sequence[MessageRow] = ()) -> None:
        """Of the intent's messages these were looked for and had not arrived: it is a late one of these from now on, wherever they
        were to come from. flags: as of ``Intent``. rows: of those that had arrived, written in the same transaction."""

    async def record(self, folder_id: int, rows: Sequence[MessageRow]) -> None:
        """Write (insert or replace) rows that needed no append: skipped, refused, vanished, adopted."""

    async def reflag(self, folder_id: int, flags: Mapping[int, str]) -> None:
        """New base flags for source UIDs, after they were applied to the destination."""

    async def park(self, folder_id: int, source_uid: int, message: bytes) -> str:
        """Keep a message that no repair helps, as it is on the source, for the operator to download.
        Returns where it is kept, for people; "" where nothing can be kept."""

    async def complete(self, record: FolderRecord) -> None:
        """The pass over a folder has ended: keep its marks and tally (fields of ``record``)."""

    async def numbers(self, names: Sequence[bytes]) -> Sequence[int]:
        """The UIDs of messages that a source tells apart by name only (UIDL of POP3): each name has its number for ever; those
        that are new get the next higher ones, in their order. The names are all different."""

    async def left_out(self, source_name: bytes, rule: str, tally: Tally) -> None:
        """A folder left out by a rule (Trash, Junk, an operator's list): its count, for the report."""


class LedgerUnavailable(Exception):
    """The storage behind the ledger cannot be reached right now; nothing was written."""
