"""``PostgresLedger``: the ledger of one transfer in the database, fenced and durable.

No ORM here: each operation is one statement of ``ledger_sql`` on a connection borrowed for just that
statement, so hundreds of transfers share a few connections. When the database cannot be reached every
method raises ``LedgerUnavailable``, at the one border ``_border``; a write whose transfer has another owner
raises ``Fenced`` and has written nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, LiteralString

import psycopg

from trasloco.engine.diff import BROUGHT
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import Fenced, FolderRecord, Intent, Known, LedgerUnavailable, MessageRow, Origin, Relic, Sum, Twin
from trasloco.imap.utf7 import decode_name
from trasloco.records import ledger_sql as sql
from trasloco.records.actions import clean
from trasloco.records.connection_pool import Pool
from trasloco.records.models import FATE_CODES, FATES
from trasloco.records.source_numbers import NUMBERS

CHUNK = 5000  # rows of one page read, and of one statement that records


class PostgresLedger:
    """One account's rows, written as the owner of one transfer."""

    def __init__(self, pool: Pool, *, account_id: int, transfer_id: int, fence: int) -> None:
        self._pool = pool
        self._account = account_id
        self._owner = {"transfer": transfer_id, "fence": fence, "account": account_id}

    async def folders(self) -> Sequence[FolderRecord]:
        return [_folder(row) for row in await self._read(sql.FOLDERS, account=self._account)]

    async def bind(self, source_name: bytes, destination_name: bytes, renamed: str = "") -> FolderRecord:
        names = {"source_name": source_name, "destination_name": destination_name, "renamed": clean(renamed)}
        rows = await self._read(sql.BIND, **self._owner, **names)
        if not rows or rows[0][0] == 0:
            raise self._fenced()
        return _folder(rows[0][1:])

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
        return [Sum(FATES[fate], *rest) for fate, *rest in await self._read(sql.SUMS, folder=folder_id)]

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
            asked = [_signed(identity) for identity in identities[start : start + CHUNK]]
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
        await self._write(sql.MOVED, folder=folder_id, **gone, **_arrays(rows))

    async def rebind(self, folder_id: int, destination_name: bytes) -> None:
        await self._write(sql.REBIND, folder=folder_id, destination_name=destination_name)

    async def revalidate(
        self, folder_id: int, source_uidvalidity: int, destination_uidvalidity: int, source_id: str = "", destination_id: str = ""
    ) -> None:
        validities = {"source": source_uidvalidity, "destination": destination_uidvalidity}
        await self._write(sql.REVALIDATE, folder=folder_id, source_id=source_id, destination_id=destination_id, **validities)

    async def forget(self, folder_id: int, source_uidvalidity: int, destination_uidvalidity: int) -> None:
        await self._write(sql.FORGET, folder=folder_id, source=source_uidvalidity, destination=destination_uidvalidity)

    async def retire(self, folder_id: int) -> None:
        await self._write(sql.RETIRE, folder=folder_id, brought=[FATE_CODES[fate] for fate in BROUGHT])

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
        given: dict[str, Any] = {"uidvalidity": destination_uidvalidity, "uidnext": destination_uidnext, "uids": _numbers(source_uids)}
        given["flags"] = _texts(flags)
        given["origin_name"] = None if origin is None else origin.name
        given["origin_uidvalidity"] = None if origin is None else origin.uidvalidity
        given["origin_uids"] = None if origin is None else list(origin.uids)
        given["origin_stays"] = origin is not None and origin.stays
        rows = await self._read(sql.BEGIN, **self._owner, folder=folder_id, **given)
        if not rows:
            raise self._fenced()
        return int(rows[0][0])

    async def confirm(self) -> None:
        await self._write(sql.CONFIRM)

    async def settle(self, intent_id: int, rows: Sequence[MessageRow]) -> None:
        await self._write(sql.SETTLE, intent=intent_id, **_arrays(rows))

    async def record(self, folder_id: int, rows: Sequence[MessageRow]) -> None:
        for start in range(0, len(rows), CHUNK):
            await self._write(sql.RECORD, folder=folder_id, **_arrays(rows[start : start + CHUNK]))

    async def reflag(self, folder_id: int, flags: Mapping[int, str]) -> None:
        if flags:
            await self._write(sql.REFLAG, folder=folder_id, uids=list(flags), flags=[clean(text) for text in flags.values()])

    async def park(self, folder_id: int, source_uid: int, message: bytes) -> str:
        code = await self._read(sql.PARK, **self._owner, folder=folder_id, uid=source_uid, message=message)
        if not code:
            raise self._fenced()
        return f"kept: trasloco parked {code[0][0]} writes it to a file"

    async def complete(self, record: FolderRecord) -> None:
        tally = record.tally or Tally()
        await self._write(
            sql.COMPLETE,
            folder=record.id,
            renamed=clean(record.renamed),
            source_uidvalidity=record.source_uidvalidity,
            destination_uidvalidity=record.destination_uidvalidity,
            source_uidnext=record.source_uidnext,
            source_messages=record.source_messages,
            source_modseq=record.source_modseq,
            run=record.run,
            destination_uidnext=record.destination_uidnext,
            tally=None if record.tally is None else [getattr(tally, fate.value) for fate in FATE_CODES],
            **_line(record.source_name, clean(decode_name(record.destination_name)), record.renamed, tally),
        )

    async def left_out(self, source_name: bytes, rule: str, tally: Tally) -> None:
        await self._write(sql.LEFT_OUT, **_line(source_name, "", rule, tally))

    async def _read(self, statement: LiteralString, **values: Any) -> list[tuple[Any, ...]]:
        """One statement in a transaction of its own; all its rows."""
        async with _border(), self._pool.connection() as connection:
            cursor = await connection.execute(statement, values)
            return await cursor.fetchall()

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


def _folder(row: tuple[Any, ...]) -> FolderRecord:
    tally = None if row[10] is None else Tally(**{fate.value: count for fate, count in zip(FATE_CODES, row[10], strict=True)})
    record = FolderRecord(row[0], bytes(row[1]), bytes(row[2]), *row[3:10])
    return replace(record, tally=tally, source_id=row[11], destination_id=row[12], destination_uidnext=row[13])


def _intent(row: tuple[Any, ...]) -> Intent:
    key, folder, uidvalidity, uidnext, uids, flags, name, origin_uidvalidity, origin_uids, stays = row
    origin = None if name is None else Origin(bytes(name), origin_uidvalidity, tuple(origin_uids), stays)
    return Intent(key, folder, uidvalidity, uidnext, tuple(uids), tuple(flags), origin)


def _message(row: tuple[Any, ...]) -> MessageRow:
    uid, fate, run, destination_uid, size, digest, flags, reason, listed, identity = row
    found = MessageRow(uid, FATES[fate], run, destination_uid, size, None if digest is None else bytes(digest), flags, reason, listed)
    found.identity = _unsigned(identity)
    return found


def _signed(identity: int) -> int:
    """An unsigned number of 64 bits as PostgreSQL's bigint keeps it."""
    return identity - 2**64 if identity >= 2**63 else identity


def _unsigned(number: int | None) -> int | None:
    return number if number is None or number >= 0 else number + 2**64


def _arrays(rows: Sequence[MessageRow]) -> dict[str, str]:
    """The rows as one array for each column; the last of two rows with the same UID counts.

    Written as PostgreSQL's array literals by us: adapting them value by value costs more than all the rest of a batch.
    """
    if len({row.source_uid for row in rows}) != len(rows):
        rows = list({row.source_uid: row for row in rows}.values())
    return {
        "uids": _numbers([row.source_uid for row in rows]),
        "destination_uids": _numbers([row.destination_uid for row in rows]),
        "sizes": _numbers([row.size for row in rows]),
        "fates": _numbers([FATE_CODES[row.fate] for row in rows]),
        "runs": _numbers([row.run for row in rows]),
        "digests": _array(["NULL" if row.digest is None else f'"\\\\x{row.digest.hex()}"' for row in rows]),
        "flags": _texts([row.flags for row in rows]),
        "reasons": _texts([row.reason for row in rows]),
        "listed": _numbers([None if row.listed == row.size else row.listed for row in rows]),
        "identities": _numbers([None if row.identity is None else _signed(row.identity) for row in rows]),
    }


def _array(values: list[str]) -> str:
    return "{" + ",".join(values) + "}"


def _numbers(values: Sequence[int | None]) -> str:
    return _array(["NULL" if value is None else str(value) for value in values])


def _texts(values: Sequence[str]) -> str:
    quoted = {value: _quoted(value) for value in set(values)}  # a batch has few different ones
    return _array([quoted[value] for value in values])


def _quoted(text: str) -> str:
    escaped = clean(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _line(source_name: bytes, destination: str, note: str, tally: Tally) -> dict[str, Any]:
    fates = {fate.value: getattr(tally, fate.value) for fate in Fate}
    return {"shown_source": clean(decode_name(source_name)), "shown_destination": destination, "note": clean(note), **fates}
