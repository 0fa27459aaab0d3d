"""The stored report with its single messages, from ledgers written for real."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from tests.records.test_postgres_ledger import owned_ledger
from trasloco.engine.account import FolderResult, Outcome, RunStatus
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import MessageRow
from trasloco.records.connection_pool import Pool
from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")


async def report_of(pool: Pool, ring: KeyRing) -> dict[str, Any]:
    ledger: Any = await sync_to_async(owned_ledger)(pool, ring)
    inbox, trash = await ledger.bind(b"INBOX", b"INBOX"), await ledger.bind(b"M&APw-ll", b"", "Trash is left out")
    rows = [
        MessageRow(1, Fate.COPIED, 1, destination_uid=1, size=10),
        MessageRow(2, Fate.COPIED, 1, destination_uid=2, size=20, reason="repaired (line-ends) after the destination said “NO bare LF”"),
        MessageRow(3, Fate.REFUSED, 1, size=30, reason="the destination says “NO”"),
        MessageRow(4, Fate.SKIPPED, 1, size=40, reason="larger than the limit"),
        MessageRow(5, Fate.VANISHED, 1, size=50, reason="gone"),
        MessageRow(6, Fate.MOVED, 1, destination_uid=3, size=60, reason="moved from “Sub”"),
    ]
    await ledger.record(inbox.id, rows)
    await ledger.record(trash.id, [MessageRow(uid, Fate.SKIPPED, 1, size=1, reason="Trash is left out") for uid in range(1, 1201)])
    await ledger.complete(replace(trash, run=1, tally=Tally(skipped=1200)))
    folders = (
        FolderResult("INBOX", "INBOX", Tally(copied=2, refused=1, skipped=1, vanished=1, moved=1)),
        FolderResult("Müll", "", Tally(skipped=1200), "Trash is left out"),
        FolderResult("Spam", "", Tally(skipped=7), "could only be counted"),
    )
    return await sync_to_async(_finish)(folders)


def _finish(folders: tuple[FolderResult, ...]) -> dict[str, Any]:
    from trasloco.documents.report_document import report_document
    from trasloco.records.actions import Claim, finish_transfer
    from trasloco.records.models import MailMigration, Transfer

    transfer = Transfer.objects.select_related("account__migration").get()
    claim = Claim(transfer.pk, transfer.fence, 1, transfer.account, 0.0, 0)
    assert finish_transfer(claim, Outcome(RunStatus.COMPLETED_WITH_ERRORS, None, 1.0, 30, folders))
    found = report_document(MailMigration.objects.get().code)
    assert found is not None
    return found


async def test_every_message_that_is_not_there_as_it_was_is_listed(pool: Pool, ring: KeyRing) -> None:
    account = (await report_of(pool, ring))["accounts"][0]
    inbox, trash, spam = account["runs"][0]["folders"]
    assert [(item["uid"], item["fate"], item["size"]) for item in inbox["exceptions"]] == [
        (2, "copied", 20),
        (3, "refused", 30),
        (5, "vanished", 50),
        (4, "skipped", 40),
    ]
    assert inbox["exceptions"][1] == {"uid": 3, "fate": "refused", "size": 30, "reason": "the destination says “NO”"}
    assert inbox["exceptions_left_out"] == 0
    assert (len(trash["exceptions"]), trash["exceptions_left_out"]) == (1000, 200)
    assert (spam["exceptions"], spam["exceptions_left_out"]) == ([], 0)


async def test_nothing_is_counted_twice(pool: Pool, ring: KeyRing) -> None:
    from trasloco.documents.report_figures import reasons

    account = (await report_of(pool, ring))["accounts"][0]
    assert account["messages"]["source"] == 6 + 1200 + 7
    assert account["messages"] == account["runs"][0]["messages"]
    counted = {(fate, folder): count for fate, folder, _, count in reasons(account)}
    assert counted == {
        ("skipped", "Müll"): 1200,
        ("skipped", "Spam"): 7,
        ("repaired", "INBOX"): 1,
        ("refused", "INBOX"): 1,
        ("vanished", "INBOX"): 1,
        ("skipped", "INBOX"): 1,
    }


async def test_an_earlier_run_keeps_what_it_gave(pool: Pool, ring: KeyRing) -> None:
    from trasloco.documents.report_document import _list_messages
    from trasloco.records.message_exceptions import FolderExceptions, MessageException

    messages = (MessageException(1, Fate.COPIED, 5, "repaired", 1), MessageException(2, Fate.REFUSED, 5, "NO", 2))
    found = {("b", "INBOX"): FolderExceptions("b", b"INBOX", messages, {1: 1, 2: 1})}
    runs = [{"number": number, "folders": [{"source": "INBOX"}]} for number in (1, 2)]
    _list_messages({"destination": "b", "runs": runs}, found)
    listed = [[item["uid"] for item in run["folders"][0]["exceptions"]] for run in runs]  # type: ignore[index]
    assert listed == [[1], [1, 2]]
