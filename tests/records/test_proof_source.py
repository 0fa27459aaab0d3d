"""The proof as read from the ledger, and what a verification leaves in the records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from tests.records.test_postgres_ledger import owned_ledger
from trasloco.engine.account import FolderResult, Outcome, RunStatus
from trasloco.engine.comparison import Finding, Verdict
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import MessageRow
from trasloco.engine.verify import Verification
from trasloco.records.connection_pool import Pool
from trasloco.records.key_ring import KeyRing
from trasloco.records.proof_format import ProofRow
from trasloco.records.proof_key import ProofKey
from trasloco.records.proof_reader import check_proof
from trasloco.records.proof_writer import write_proof

pytestmark = pytest.mark.usefixtures("clean_database")

NONE = {"source": 0, "copied": 0, "adopted": 0, "moved": 0, "skipped": 0, "refused": 0, "vanished": 0}
MADE_AT = datetime(2026, 11, 24, 9, 5, 7, tzinfo=UTC)


async def filled(pool: Pool, ring: KeyRing) -> None:
    """One account: a folder with every fate, one left out, one that could only be counted."""
    ledger: Any = await sync_to_async(owned_ledger)(pool, ring)
    inbox, trash = await ledger.bind(b"Entw&APw-rfe", b"Drafts"), await ledger.bind(b"Trash", b"", "Trash is left out")
    empty = await ledger.bind(b"Empty", b"Empty")
    await ledger.complete(replace(inbox, source_uidvalidity=11, destination_uidvalidity=22, run=1, tally=Tally()))
    await ledger.complete(replace(empty, run=1, tally=Tally()))
    rows = [
        MessageRow(5, Fate.COPIED, 1, destination_uid=1, size=10, digest=bytes(32)),
        MessageRow(6, Fate.ADOPTED, 1, destination_uid=2, size=20),
        MessageRow(7, Fate.COPIED, 1, size=30, digest=bytes(32)),
        MessageRow(8, Fate.REFUSED, 1, size=40, reason="the destination says “NO”"),
        MessageRow(9, Fate.VANISHED, 1, size=50, reason="gone"),
    ]
    await ledger.record(inbox.id, rows)
    await ledger.record(trash.id, [MessageRow(1, Fate.SKIPPED, 1, size=60, reason="Trash is left out")])
    await sync_to_async(finish)()


def finish() -> None:
    from trasloco.records.actions import Claim, finish_transfer
    from trasloco.records.models import Transfer

    transfer = Transfer.objects.select_related("account__migration").get()
    folders = (
        FolderResult("Entwürfe", "Drafts", Tally(copied=2, adopted=1, refused=1, vanished=1)),
        FolderResult("Trash", "", Tally(skipped=1), "Trash is left out"),
        FolderResult("Spam", "", Tally(skipped=9), "Junk is left out"),
    )
    claim = Claim(transfer.pk, transfer.fence, 1, transfer.account, 0.0, 0)
    assert finish_transfer(claim, Outcome(RunStatus.COMPLETED_WITH_ERRORS, None, 1.0, 30, folders))


def read(look: Callable[[dict[str, Any], list[ProofRow]], Any] = lambda head, rows: (head, rows)) -> Any:
    from trasloco.records.models import Account
    from trasloco.records.proof_source import open_proof

    with open_proof(Account.objects.select_related("migration").get(), MADE_AT) as proof:
        return look(proof.head, list(proof.rows))


async def test_every_row_is_there_with_its_fate(pool: Pool, ring: KeyRing) -> None:
    await filled(pool, ring)
    _, rows = await sync_to_async(read)()
    zero = "00" * 32
    words = "its UID on the destination is not known, or it was moved on"
    assert rows == [
        ProofRow(1, "Entwürfe", 5, "Drafts", "1", 10, zero, "copied", 1, ""),
        ProofRow(2, "Entwürfe", 6, "Drafts", "2", 20, "", "adopted", 1, ""),
        ProofRow(3, "Entwürfe", 7, "Drafts", "", 30, zero, "copied", 1, words),
        ProofRow(4, "Entwürfe", 8, "", "", 40, "", "refused", 1, "the destination says “NO”"),
        ProofRow(5, "Entwürfe", 9, "", "", 50, "", "vanished", 1, "gone"),
        ProofRow(6, "Trash", 1, "", "", 60, "", "skipped", 1, "Trash is left out"),
    ]


async def test_the_head_says_who_where_when_and_how_many(pool: Pool, ring: KeyRing) -> None:
    await filled(pool, ring)
    head, _ = await sync_to_async(read)()
    assert head["format"] == "trasloco-proof 1"
    assert head["made_at"] == "2026-11-24T09:05:07Z"
    assert head["source"] == {"login": "a1@example.org", "host": "imap.example.org", "port": 993}
    assert head["destination"] == {"address": "a1@example.net", "host": "127.0.0.1", "port": 993}
    assert [(run["number"], run["status"]) for run in head["runs"]] == [(1, "completed_with_errors")]
    assert head["counts"] == NONE | {"source": 6, "copied": 2, "adopted": 1, "refused": 1, "vanished": 1, "skipped": 1}
    assert head["bytes"]["copied"] == 40
    assert [(item["source"], item["destination"], item["counts"]["source"]) for item in head["folders"]] == [
        ("Entwürfe", "Drafts", 5),
        ("Trash", "", 1),
    ]
    assert (head["folders"][0]["source_uidvalidity"], head["folders"][0]["destination_uidvalidity"]) == (11, 22)
    assert head["only_counted"] == [{"source": "Spam", "messages": 9, "note": "Junk is left out"}]
    assert head["verification"] is None


async def test_it_can_be_written_and_checked(pool: Pool, ring: KeyRing, tmp_path: Path) -> None:
    await filled(pool, ring)
    key = ProofKey.open(tmp_path / "key")
    table, document = tmp_path / "p.csv", tmp_path / "p.json"
    await sync_to_async(read)(lambda head, rows: write_proof(table, document, head, rows, key))
    assert check_proof(table).problems == check_proof(document).problems == []


async def test_head_and_rows_are_of_one_moment(pool: Pool, ring: KeyRing) -> None:
    """What a run writes while the proof is read is not half in it."""
    await filled(pool, ring)

    def while_it_is_read() -> tuple[int, int]:
        from trasloco.records.models import Account, LedgerMessage
        from trasloco.records.proof_source import open_proof

        with open_proof(Account.objects.select_related("migration").get()) as proof:
            LedgerMessage.objects.filter(source_uid=5).delete()
            return proof.head["counts"]["source"], len(list(proof.rows))

    assert await sync_to_async(while_it_is_read)() == (6, 6)


def keep(found: Verification) -> dict[str, dict[str, Any]]:
    from trasloco.records.models import Account
    from trasloco.records.verification import accounts_of, keep_verification, newest_verifications

    account = Account.objects.select_related("migration").get()
    keep_verification(account, found)
    assert accounts_of(account.migration, ["A1@EXAMPLE.net"]) == accounts_of(account.migration, []) == [account]
    assert accounts_of(account.migration, ["x@y"]) == []
    return newest_verifications(account.migration)


async def test_the_newest_verification_counts(pool: Pool, ring: KeyRing) -> None:
    await filled(pool, ring)
    first = Verification(None, 3, {Verdict.IDENTICAL: 2, Verdict.MISSING: 1}, (), None, 0.5, 60)
    finding = Finding(Verdict.DIFFERENT, "a\0", 5, "b\ud800", 1, "the bytes differ", "00", "11")
    failure = Failure(SideName.DESTINATION, Scope.ACCOUNT, Retry.NOW, "connection-lost", "the line broke")
    second = Verification(10, 2, {Verdict.LINE_ENDS: 1, Verdict.DIFFERENT: 1}, (finding,), failure, 0.5, 60)
    assert (await sync_to_async(keep)(first))["a1@example.net"]["verified"] == 2
    found = (await sync_to_async(keep)(second))["a1@example.net"]
    assert (found["verified"], found["asked"], found["sample"], found["error"]) == (1, 2, 10, "the line broke")
    assert found["findings"][0] | {"words": ""} == {
        "verdict": "different",
        "source_folder": "a\ufffd",
        "source_uid": 5,
        "destination_folder": "b?",
        "destination_uid": 1,
        "words": "",
        "expected": "00",
        "found": "11",
    }
    head, _ = await sync_to_async(read)()
    assert head["verification"]["counts"] == {"line-ends": 1, "different": 1}
