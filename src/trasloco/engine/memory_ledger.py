"""``MemoryLedger``: the ledger for one account without a database; what it knows ends with the process.

Same contract as ``records.postgres_ledger.PostgresLedger``; one suite of tests holds for both. Killed and
started again, a copy with this ledger finds what it brought by matching the destination (adoption).
"""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace

from trasloco.engine.diff import BROUGHT
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import Fenced, FolderRecord, Intent, Known, MessageRow, Origin, Relic, Sum, Twin
from trasloco.imap.values import Selected

CHUNK = 5000  # rows


class MemoryLedger:
    """Rows in dictionaries: about 300 bytes for each message."""

    def __init__(self) -> None:
        self._folders: dict[int, FolderRecord] = {}
        self._by_name: dict[bytes, int] = {}
        self._messages: dict[int, dict[int, MessageRow]] = {}
        self._intents: dict[int, Intent] = {}
        self._relics: dict[int, Relic] = {}
        self._by_identity: dict[int, array[int]] = {}
        self._last_id = 0
        self._numbers: dict[bytes, int] = {}
        self.omitted: dict[bytes, tuple[str, Tally]] = {}

    async def folders(self) -> Sequence[FolderRecord]:
        begun = {intent.folder_id for intent in self._intents.values()}
        return tuple(replace(record, begun=record.id in begun) for record in self._folders.values())

    async def bind(self, source_name: bytes, destination_name: bytes, renamed: str = "") -> FolderRecord:
        bound = self._by_name.get(source_name)
        if bound is None or (destination_name and not self._folders[bound].destination_name):
            bound = bound or len(self._folders) + 1
            self._folders[bound] = FolderRecord(bound, source_name, destination_name, renamed)
            self._by_name[source_name] = bound
            self._messages[bound] = {}
        return self._folders[bound]

    async def numbers(self, names: Sequence[bytes]) -> Sequence[int]:
        for name in names:
            self._numbers.setdefault(name, len(self._numbers) + 1)
        return [self._numbers[name] for name in names]

    async def known(self, folder_id: int) -> AsyncIterator[Sequence[Known]]:
        rows = self._messages[folder_id]
        uids = sorted(rows)
        for start in range(0, len(uids), CHUNK):
            found = (rows[uid] for uid in uids[start : start + CHUNK] if uid in rows)
            yield [Known(row.source_uid, row.destination_uid, row.fate, row.run, row.flags, row.identity) for row in found]

    async def sums(self, folder_id: int) -> Sequence[Sum]:
        found: dict[tuple[Fate, int], list[int]] = {}
        for row in self._messages[folder_id].values():
            found.setdefault((row.fate, row.run), []).append(row.source_uid)
        return [Sum(fate, run, len(uids), sum(uids)) for (fate, run), uids in found.items()]

    async def rows(self, folder_id: int) -> AsyncIterator[Sequence[MessageRow]]:
        rows = self._messages[folder_id]
        uids = sorted(rows)
        for start in range(0, len(uids), CHUNK):
            yield [replace(rows[uid]) for uid in uids[start : start + CHUNK] if uid in rows]

    async def twins(self, identities: Sequence[int]) -> Sequence[Twin]:
        found, asked = [], set(identities)
        for folder_id, uid in sorted({place for identity in asked for place in self._places(identity)}):
            row = self._messages[folder_id].get(uid)
            if row is not None and row.identity in asked:
                found.append(Twin(folder_id, replace(row)))
        return found

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
        if old_folder_id is not None:
            for uid in old_uids:
                self._messages[old_folder_id].pop(uid, None)
            old = self._folders[old_folder_id]
            unmarked = replace(old, source_uidnext=None, source_messages=None, source_modseq=None)
            self._folders[old_folder_id] = replace(unmarked, departed=max(0, old.departed - len(old_uids)))
        for relic in relics:
            self._relics.pop(relic, None)
        if intent is not None:
            self._intents.pop(intent, None)
        await self.record(folder_id, rows)

    async def rebind(self, folder_id: int, destination_name: bytes) -> None:
        self._folders[folder_id] = replace(self._folders[folder_id], destination_name=destination_name)

    async def revalidate(
        self, folder_id: int, source_uidvalidity: int, destination_uidvalidity: int, source_id: str = "", destination_id: str = ""
    ) -> None:
        self._folders[folder_id] = replace(
            self._folders[folder_id],
            source_uidvalidity=source_uidvalidity,
            destination_uidvalidity=destination_uidvalidity,
            source_id=source_id,
            destination_id=destination_id,
        )

    async def forget(
        self,
        folder_id: int,
        source_uidvalidity: int,
        destination_uidvalidity: int,
        *,
        source_holds: bool = False,
        shown: Selected | None = None,
    ) -> None:
        old = self._folders[folder_id]
        brought = sum(row.fate in BROUGHT for row in self._messages[folder_id].values())
        self._folders[folder_id] = FolderRecord(
            old.id, old.source_name, old.destination_name, old.renamed, source_uidvalidity, destination_uidvalidity
        )
        self._messages[folder_id] = {}
        for key, intent in list(self._intents.items()):
            if intent.folder_id == folder_id:
                del self._intents[key]
                if intent.arrives:
                    uids, flags = (intent.source_uids, intent.flags) if source_holds else ((), ())
                    self._intents[key] = Intent(key, folder_id, destination_uidvalidity, 1, uids, flags, late=True)
        if shown is not None and brought > shown.exists:
            self._last_id += 1
            self._intents[self._last_id] = Intent(self._last_id, folder_id, destination_uidvalidity, shown.uidnext or 1, (), late=True)

    async def retire(self, folder_id: int) -> None:
        old = self._folders[folder_id]
        for row in self._messages[folder_id].values():
            if row.fate in BROUGHT:
                self._last_id += 1
                theirs = old.destination_uidvalidity or 0
                self._relics[self._last_id] = Relic(self._last_id, old.source_name, old.destination_name, theirs, row)
        late = [intent for intent in await self.intents(folder_id) if intent.arrives]
        await self.forget(folder_id, 0, 0)
        self._intents |= {intent.id: replace(intent, source_uids=(), flags=(), origin=None, late=True) for intent in late}
        self._folders[folder_id] = FolderRecord(old.id, old.source_name, old.destination_name, old.renamed)

    async def relics(self) -> AsyncIterator[Sequence[Relic]]:
        relics = list(self._relics.values())
        for start in range(0, len(relics), CHUNK):
            yield [replace(relic, row=replace(relic.row)) for relic in relics[start : start + CHUNK]]

    async def intents(self, folder_id: int) -> Sequence[Intent]:
        return tuple(intent for intent in self._intents.values() if intent.folder_id == folder_id)

    async def begin(
        self,
        folder_id: int,
        destination_uidvalidity: int | None,
        destination_uidnext: int,
        source_uids: Sequence[int],
        flags: Sequence[str] = (),
        origin: Origin | None = None,
    ) -> int:
        self._last_id += 1
        uids = tuple(source_uids)
        intent = Intent(self._last_id, folder_id, destination_uidvalidity, destination_uidnext, uids, tuple(flags), origin)
        self._intents[intent.id] = intent
        return intent.id

    async def confirm(self) -> None:
        pass  # nobody else has it

    async def settle(self, intent_id: int, rows: Sequence[MessageRow]) -> None:
        intent = self._intents.pop(intent_id, None)
        if intent is None:
            raise Fenced(f"intent {intent_id} was settled by somebody else")
        await self.record(intent.folder_id, rows)

    async def narrow(self, intent_id: int, source_uids: Sequence[int], flags: Sequence[str] = (), rows: Sequence[MessageRow] = ()) -> None:
        intent = self._intents.get(intent_id)
        if intent is None:
            raise Fenced(f"intent {intent_id} was settled by somebody else")
        self._intents[intent_id] = replace(intent, source_uids=tuple(source_uids), flags=tuple(flags), origin=None, late=True)
        await self.record(intent.folder_id, rows)

    async def record(self, folder_id: int, rows: Sequence[MessageRow]) -> None:
        self._messages[folder_id].update((row.source_uid, replace(row)) for row in rows)
        for row in rows:
            if row.identity is not None:
                self._by_identity.setdefault(row.identity, array("Q")).extend((folder_id, row.source_uid))

    def _places(self, identity: int) -> Iterator[tuple[int, int]]:
        """(folder, source UID) of every row that ever had this identity; some may be gone."""
        numbers = iter(self._by_identity.get(identity, ()))
        return zip(numbers, numbers, strict=True)

    async def reflag(self, folder_id: int, flags: Mapping[int, str]) -> None:
        rows = self._messages[folder_id]
        for uid, text in flags.items():
            if uid in rows:
                rows[uid].flags = text

    async def park(self, folder_id: int, source_uid: int, message: bytes) -> str:
        return ""  # nothing outlives the process; the message is still on the source

    async def complete(self, record: FolderRecord) -> None:
        bound = self._folders[record.id]
        self._folders[record.id] = replace(record, source_name=bound.source_name, destination_name=bound.destination_name)

    async def left_out(self, source_name: bytes, rule: str, tally: Tally) -> None:
        self.omitted[source_name] = (rule, tally)
