"""``PostgresLedger``: the ledger of one transfer in the database, fenced and durable.

No ORM here: each operation is one statement of ``ledger_sql`` on a connection borrowed for just that
statement, so hundreds of transfers share a few connections; what the folders of an account ask for side by side is one
statement too (``gathered``). The statements go to the partition of the account's migration by name (``ledger_place``):
a tenth quicker than over the parent table, whatever the number of partitions. When the database cannot be reached every
method raises ``LedgerUnavailable``, at the one border ``_border``; a write whose transfer has another owner
raises ``Fenced`` and has written nothing.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, LiteralString

import psycopg

from trasloco.engine.diff import BROUGHT
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import Fenced, FolderRecord, Intent, Known, LedgerUnavailable, MessageRow, Origin, Relic, Sum, Twin
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Selected
from trasloco.records import ledger_sql as sql
from trasloco.records.actions import clean
from trasloco.records.array_literals import column, numbers, texts
from trasloco.records.connection_pool import Pool
from trasloco.records.gathered import Gathered
from trasloco.records.ledger_place import PARENT, partition
from trasloco.records.message_columns import last_of_each, message_columns, signed
from trasloco.records.models import FATE_CODES, FATES
from trasloco.records.source_numbers import NUMBERS
from trasloco.sentence import sentence as _

CHUNK = 5000  # rows of one page read, and of one statement that records
STATEMENT_NAMES: Mapping[str, str] = {
    text: name.lower() for name, text in {**vars(sql), "NUMBERS": NUMBERS}.items() if name.isupper() and not name.startswith("_")
}
"""What each statement is called, for whoever times them."""
_BROUGHT = [FATE_CODES[fate] for fate in BROUGHT]
_MARKS = (
    "folders",
    "renamed",
    "source_uidvalidities",
    "destination_uidvalidities",
    "source_uidnexts",
    "source_messages",
    "source_modseqs",
    "runs",
    "tallies",
    "destination_uidnexts",
    "departed",
)
_LINE = ("shown_sources", "shown_destinations", "notes", *(fate.value for fate in Fate))


class PostgresLedger:
    """One account's rows, written as the owner of one transfer.

    timing: is told the name and the seconds of each statement, the wait for a connection included."""

    def __init__(
        self, pool: Pool, *, account_id: int, transfer_id: int, fence: int, timing: Callable[[str, float], None] | None = None
    ) -> None:
        self._pool, self._timing = pool, timing
        self._account = account_id
        self._owner = {"transfer": transfer_id, "fence": fence, "account": account_id}
        self._table = ""
        self._bind = Gathered(self._bind_all)
        self._revalidate = Gathered(self._revalidate_all)
        self._begin = Gathered(self._begin_all)
        self._settle = Gathered(self._settle_all)
        self._sums = Gathered(self._sums_all)
        self._complete = Gathered(self._complete_all)

    async def folders(self) -> Sequence[FolderRecord]:
        return [_folder(row, begun=row[15]) for row in await self._read(sql.FOLDERS, account=self._account)]

    async def bind(self, source_name: bytes, destination_name: bytes, renamed: str = "") -> FolderRecord:
        return await self._bind((source_name, destination_name, clean(renamed)))

    async def _bind_all(self, pairs: Sequence[tuple[bytes, bytes, str]]) -> Sequence[FolderRecord]:
        named = {source: (source, destination, renamed) for source, destination, renamed in reversed(pairs)}
        columns = _columns(("source_names", "destination_names", "renamed"), list(named.values()))
        rows = await self._read(sql.BIND, **self._owner, **columns)
        if not rows or rows[0][0] == 0:
            raise self._fenced()
        found = {record.source_name: record for record in (_folder(row[1:]) for row in rows)}
        return [found[source] for source, _, _ in pairs]

    async def numbers(self, names: Sequence[bytes]) -> Sequence[int]:
        rows = await self._read(NUMBERS, **self._owner, names=list(names)) if names else []
        if rows and rows[0][0] == 0:
            raise self._fenced()
        return [number for _, number in rows]

    async def known(self, folder_id: int) -> AsyncIterator[Sequence[Known]]:
        after = -1
        while rows := await self._read(sql.KNOWN, folder=folder_id, after=after, limit=CHUNK):
            yield [Known(uid, there, FATES[fate], run, flags, _unsigned(number)) for uid, there, fate, run, flags, number in rows]
            if len(rows) < CHUNK:
                return
            after = rows[-1][0]

    async def sums(self, folder_id: int) -> Sequence[Sum]:
        return await self._sums(folder_id)

    async def _sums_all(self, folders: Sequence[int]) -> Sequence[Sequence[Sum]]:
        found: dict[int, list[Sum]] = {folder: [] for folder in folders}
        for folder, fate, *rest in await self._read(sql.SUMS, folders=numbers(list(found))):
            found[folder].append(Sum(FATES[fate], *rest))
        return [found[folder] for folder in folders]

    async def rows(self, folder_id: int) -> AsyncIterator[Sequence[MessageRow]]:
        after = -1
        while found := await self._read(sql.ROWS, folder=folder_id, after=after, limit=CHUNK):
            yield [_message(row) for row in found]
            if len(found) < CHUNK:
                return
            after = found[-1][0]

    async def twins(self, identities: Sequence[int]) -> Sequence[Twin]:
        found = []
        for start in range(0, len(identities), CHUNK):
            asked = [signed(identity) for identity in identities[start : start + CHUNK]]
            found += await self._read(sql.TWINS, account=self._account, identities=asked)
        return [Twin(row[0], _message(row[1:])) for row in found]

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
        gone = {"old_folder": old_folder_id, "old_uids": list(old_uids), "relics": list(relics), "intent": intent}
        await self._write(sql.MOVED, folder=folder_id, **gone, **message_columns(last_of_each(rows)))

    async def rebind(self, folder_id: int, destination_name: bytes) -> None:
        await self._write(sql.REBIND, folder=folder_id, destination_name=destination_name)

    async def revalidate(
        self, folder_id: int, source_uidvalidity: int, destination_uidvalidity: int, source_id: str = "", destination_id: str = ""
    ) -> None:
        await self._revalidate((folder_id, source_uidvalidity, destination_uidvalidity, source_id, destination_id))

    async def _revalidate_all(self, folders: Sequence[tuple[int, int, int, str, str]]) -> Sequence[None]:
        names = ("folders", "sources", "destinations", "source_ids", "destination_ids")
        await self._write(sql.REVALIDATE, **_columns(names, folders))
        return [None] * len(folders)

    async def forget(
        self,
        folder_id: int,
        source_uidvalidity: int,
        destination_uidvalidity: int,
        *,
        source_holds: bool = False,
        shown: Selected | None = None,
    ) -> None:
        numbers_now = {"source": source_uidvalidity, "destination": destination_uidvalidity, "source_holds": source_holds}
        there = {"exists": None if shown is None else shown.exists, "uidnext": (shown and shown.uidnext) or 1}
        await self._write(sql.FORGET, folder=folder_id, brought=_BROUGHT, **numbers_now, **there)

    async def retire(self, folder_id: int) -> None:
        await self._write(sql.RETIRE, folder=folder_id, brought=_BROUGHT)

    async def relics(self) -> AsyncIterator[Sequence[Relic]]:
        after = 0
        while found := await self._read(sql.RELICS, account=self._account, after=after, limit=CHUNK):
            yield [Relic(row[0], bytes(row[1]), bytes(row[2]), row[3], _message(row[4:])) for row in found]
            if len(found) < CHUNK:
                return
            after = found[-1][0]

    async def intents(self, folder_id: int) -> Sequence[Intent]:
        return [_intent(row) for row in await self._read(sql.INTENTS, folder=folder_id)]

    async def begin(
        self,
        folder_id: int,
        destination_uidvalidity: int | None,
        destination_uidnext: int,
        source_uids: Sequence[int],
        flags: Sequence[str] = (),
        origin: Origin | None = None,
    ) -> int:
        origins = (None, None, None, False) if origin is None else (origin.name, origin.uidvalidity, numbers(origin.uids), origin.stays)
        batch = (folder_id, destination_uidvalidity, destination_uidnext, numbers(source_uids), texts(flags))
        return await self._begin((*batch, *origins))

    async def _begin_all(self, batches: Sequence[tuple[Any, ...]]) -> Sequence[int]:
        origin = ("origin_names", "origin_uidvalidities", "origin_uids", "origin_stays")
        names = ("folders", "uidvalidities", "uidnexts", "uids", "flags", *origin)
        begun: dict[int, list[int]] = {}
        for folder, intent in await self._read(sql.BEGIN, **self._owner, **_columns(names, batches)):
            begun.setdefault(folder, []).append(intent)
        if not begun:
            raise self._fenced()
        return [begun[batch[0]].pop(0) for batch in batches]

    async def confirm(self) -> None:
        await self._write(sql.CONFIRM)

    async def settle(self, intent_id: int, rows: Sequence[MessageRow]) -> None:
        await self._settle((intent_id, last_of_each(rows)))

    async def _settle_all(self, batches: Sequence[tuple[int, Sequence[MessageRow]]]) -> Sequence[Fenced | None]:
        intents, of = numbers([intent for intent, _ in batches]), numbers([intent for intent, rows in batches for _ in rows])
        columns = message_columns([row for _, rows in batches for row in rows])
        found = await self._read(sql.SETTLE, **self._owner, intents=intents, of=of, **columns)
        settled = {row[0] for row in found}
        return [None if intent in settled else self._fenced() for intent, _ in batches]

    async def narrow(self, intent_id: int, source_uids: Sequence[int], flags: Sequence[str] = (), rows: Sequence[MessageRow] = ()) -> None:
        late = {"late": list(source_uids), "late_flags": [clean(text) for text in flags]}
        await self._write(sql.NARROW, intent=intent_id, **late, **message_columns(last_of_each(rows)))

    async def record(self, folder_id: int, rows: Sequence[MessageRow]) -> None:
        for start in range(0, len(rows), CHUNK):
            await self._write(sql.RECORD, folder=folder_id, **message_columns(last_of_each(rows[start : start + CHUNK])))

    async def reflag(self, folder_id: int, flags: Mapping[int, str]) -> None:
        if flags:
            await self._write(sql.REFLAG, folder=folder_id, uids=list(flags), flags=[clean(text) for text in flags.values()])

    async def park(self, folder_id: int, source_uid: int, message: bytes) -> str:
        code = await self._read(sql.PARK, **self._owner, folder=folder_id, uid=source_uid, message=message)
        if not code:
            raise self._fenced()
        return _("kept: trasloco parked %(code)s writes it to a file", code=str(code[0][0]))

    async def complete(self, record: FolderRecord) -> None:
        await self._complete(record)

    async def _complete_all(self, records: Sequence[FolderRecord]) -> Sequence[None]:
        marks = [
            (
                record.id,
                clean(record.renamed),
                record.source_uidvalidity,
                record.destination_uidvalidity,
                record.source_uidnext,
                record.source_messages,
                record.source_modseq,
                record.run,
                None if record.tally is None else numbers([getattr(record.tally, fate.value) for fate in FATE_CODES]),
                record.destination_uidnext,
                record.departed,
            )
            for record in records
        ]
        lines = [_line(record.source_name, record.destination_name, record.renamed, record.tally or Tally()) for record in records]
        await self._write(sql.COMPLETE, **_columns(_MARKS, marks), **_columns(_LINE, lines))
        return [None] * len(records)

    async def left_out(self, source_name: bytes, rule: str, tally: Tally) -> None:
        await self._write(sql.LEFT_OUT, **_columns(_LINE, [_line(source_name, b"", rule, tally)]))

    async def _read(self, statement: LiteralString, **values: Any) -> list[tuple[Any, ...]]:
        """One statement in a transaction of its own; all its rows."""
        begun = time.perf_counter()
        async with _border(), self._pool.connection() as connection:
            if not self._table:
                place = await (await connection.execute(sql.PLACE, {"account": self._account})).fetchone()
                self._table = partition(place[0] if place else 0)
            cursor = await connection.execute(_at(statement, self._table), values)
            rows = await cursor.fetchall()
        if self._timing is not None:
            self._timing(STATEMENT_NAMES[statement], time.perf_counter() - begun)
        return rows

    async def _write(self, statement: LiteralString, **values: Any) -> None:
        """A statement that answers with a count: 0 means that it was not ours to write."""
        rows = await self._read(statement, **self._owner, **values)
        if rows[0][0] == 0:
            raise self._fenced()

    def _fenced(self) -> Fenced:
        return Fenced(f"transfer {self._owner['transfer']} has another owner, or its batch was settled already")


@contextlib.asynccontextmanager
async def _border() -> AsyncIterator[None]:
    """The one place where the database's exceptions become the ledger's."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:  # PoolTimeout and PoolClosed are OperationalErrors
        raise LedgerUnavailable(f"The database cannot be reached right now: {' '.join(str(error).split())}") from error
    except psycopg.errors.UndefinedTable as error:
        raise Fenced("the migration was deleted, and its ledger with it") from error


@lru_cache(maxsize=1000)
def _at(statement: LiteralString, table: str) -> bytes:
    """The statement for the rows in this partition."""
    return statement.replace(PARENT, table).encode()


def _folder(row: tuple[Any, ...], *, begun: bool = False) -> FolderRecord:
    tally = None if row[10] is None else Tally(**{fate.value: count for fate, count in zip(FATE_CODES, row[10], strict=True)})
    record = FolderRecord(row[0], bytes(row[1]), bytes(row[2]), *row[3:10])
    return replace(
        record, tally=tally, source_id=row[11], destination_id=row[12], destination_uidnext=row[13], departed=row[14], begun=begun
    )


def _intent(row: tuple[Any, ...]) -> Intent:
    key, folder, uidvalidity, uidnext, uids, flags, name, origin_uidvalidity, origin_uids, stays, late = row
    origin = None if name is None else Origin(bytes(name), origin_uidvalidity, tuple(origin_uids), stays)
    return Intent(key, folder, uidvalidity, uidnext, tuple(uids), tuple(flags), origin, late)


def _message(row: tuple[Any, ...]) -> MessageRow:
    uid, fate, run, destination_uid, size, digest, flags, reason, listed, identity = row
    found = MessageRow(uid, FATES[fate], run, destination_uid, size, None if digest is None else bytes(digest), flags, reason, listed)
    found.identity = _unsigned(identity)
    return found


def _unsigned(number: int | None) -> int | None:
    return number if number is None or number >= 0 else number + 2**64


def _columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Rows as one array for each column."""
    return {name: column(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


def _line(source_name: bytes, destination_name: bytes, note: str, tally: Tally) -> tuple[Any, ...]:
    """A line of the report, in the order of ``_LINE``."""
    shown = clean(decode_name(source_name)), clean(decode_name(destination_name)), clean(note)
    return *shown, *(getattr(tally, fate.value) for fate in Fate)
