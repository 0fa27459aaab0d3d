"""What a proof says of one account, read from the ledger in one snapshot, row by row.

``open_proof`` holds a read-only transaction open for as long as the rows are read, so that head and
rows are of the same moment even while a run goes on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from trasloco import __version__
from trasloco.engine.diff import BROUGHT
from trasloco.engine.fate import Fate, Tally
from trasloco.imap.utf7 import decode_name
from trasloco.records.connection_pool import conninfo
from trasloco.records.ledger_place import folder_rows
from trasloco.records.models import FATES, Account, FolderTally, Transfer, Verification
from trasloco.records.proof_format import FORMAT, VERSION, ProofRow
from trasloco.sentence import sentence as _

_PAGE = 5000  # rows fetched at a time

_FOLDERS = """
SELECT f.id, f.source_name, f.destination_name, f.renamed, f.source_uidvalidity, f.destination_uidvalidity
FROM trasloco_ledger_folder f WHERE f.account_id = %s ORDER BY f.id
"""
_COUNTS = f"""
SELECT m.folder_id, m.fate, count(*), sum(m.size)::bigint
FROM trasloco_ledger_folder f {folder_rows()} WHERE f.account_id = %(account)s GROUP BY 1, 2
"""  # noqa: S608 - a constant
_ROWS = """
SELECT source_uid, destination_uid, size, digest, fate, run, reason
FROM trasloco_ledger_message WHERE folder_id = %s ORDER BY source_uid
"""

NO_UID = _("its UID on the destination is not known, or it was moved on")


@dataclass(frozen=True, slots=True)
class OpenProof:
    """head: JSON-able, without floats. rows: to be read once, while the proof is open."""

    head: dict[str, Any]
    rows: Iterator[ProofRow]


@dataclass(frozen=True, slots=True)
class _Folder:
    id: int
    source: str
    destination: str
    note: str
    source_uidvalidity: int | None
    destination_uidvalidity: int | None


@contextlib.contextmanager
def open_proof(account: Account, made_at: datetime | None = None) -> Iterator[OpenProof]:
    """The proof of an account (its migration fetched too). Raises psycopg.Error."""
    with psycopg.connect(conninfo(), application_name="trasloco proof") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        folders = [
            _Folder(key, decode_name(bytes(source)), decode_name(bytes(destination)), note, ours, theirs)
            for key, source, destination, note, ours, theirs in connection.execute(_FOLDERS, [account.pk])
        ]
        counts: dict[int, Tally] = {folder.id: Tally() for folder in folders}
        sizes = dict.fromkeys(Fate, 0)
        for folder_id, code, count, size in connection.execute(_COUNTS, {"account": account.pk, "migration": account.migration_id}):
            counts[folder_id].add(FATES[code], count)
            sizes[FATES[code]] += size
        listed = [folder for folder in folders if counts[folder.id].source]
        head = _head(account, made_at or datetime.now(UTC)) | _sums(listed, counts, sizes)
        head["only_counted"] = _only_counted(account, {folder.source for folder in listed})
        yield OpenProof(head, _rows(connection, listed))


def _head(account: Account, made_at: datetime) -> dict[str, Any]:
    migration = account.migration
    transfers = Transfer.objects.filter(account=account).select_related("run").order_by("run__number")
    runs = [
        {
            "number": transfer.run.number,
            "status": transfer.status,
            "error": transfer.failure_words or None,
            "started_at": _time(transfer.started_at),
            "ended_at": _time(transfer.ended_at),
        }
        for transfer in transfers
    ]
    verified = Verification.objects.filter(account=account).order_by("-at", "-pk").first()
    return {
        "format": f"{FORMAT} {VERSION}",
        "trasloco": __version__,
        "made_at": _time(made_at),
        "migration": migration.code,
        "migration_begun_at": _time(migration.created_at),
        "source": {"login": account.login, "host": account.source_host, "port": account.source_port},
        "destination": {
            "address": account.destination_address,
            "host": migration.destination["host"],
            "port": migration.destination["port"],
        },
        "runs": runs,
        "verification": None if verified is None else verified.as_dict(),
    }


def _sums(folders: Sequence[_Folder], counts: dict[int, Tally], sizes: dict[Fate, int]) -> dict[str, Any]:
    total = Tally()
    for folder in folders:
        total.merge(counts[folder.id])
    return {
        "counts": total.as_dict(),
        "bytes": {fate.value: size for fate, size in sizes.items()},
        "folders": [
            {
                "source": folder.source,
                "destination": folder.destination,
                "note": folder.note,
                "source_uidvalidity": folder.source_uidvalidity,
                "destination_uidvalidity": folder.destination_uidvalidity,
                "counts": counts[folder.id].as_dict(),
            }
            for folder in folders
        ],
    }


def _only_counted(account: Account, listed: set[str]) -> list[dict[str, Any]]:
    """Folders that could not be opened to list their messages: the server's count is all there is."""
    last = Transfer.objects.filter(account=account, tallies__isnull=False).order_by("-run__number").first()
    if last is None:
        return []
    tallies = FolderTally.objects.filter(transfer=last).order_by("position", "pk")
    return [
        {"source": tally.source, "messages": count, "note": tally.note}
        for tally in tallies
        if tally.source not in listed and (count := sum(getattr(tally, fate.value) for fate in Fate))
    ]


def _rows(connection: psycopg.Connection[Any], folders: Sequence[_Folder]) -> Iterator[ProofRow]:
    number = 0
    for folder in folders:
        with connection.cursor(name="proof") as cursor:
            cursor.itersize = _PAGE
            for uid, theirs, size, digest, code, run, reason in cursor.execute(_ROWS, [folder.id]):
                number += 1
                fate = FATES[code]
                there = folder.destination if fate in BROUGHT else ""
                if fate in BROUGHT and theirs is None:
                    reason = f"{reason}; {NO_UID}" if reason else NO_UID
                known = "" if digest is None else bytes(digest).hex()
                yield ProofRow(
                    number, folder.source, uid, there, "" if theirs is None else str(theirs), size, known, fate.value, run, reason
                )


def _time(moment: datetime | None) -> str | None:
    """UTC to the second, as RFC 3339 has it."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
