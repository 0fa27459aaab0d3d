from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from trasloco.engine.account import FolderResult, Outcome, RunStatus
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.ledger import MessageRow
from trasloco.records.connection_pool import Pool
from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")

NEVER = Failure(SideName.SOURCE, Scope.ACCOUNT, Retry.NEVER, "login-refused", "the password is wrong")
NONE = {"source": 0, "copied": 0, "adopted": 0, "moved": 0, "skipped": 0, "refused": 0, "vanished": 0}
VERIFIED = {"tls": "implicit", "certificate": "verified", "fingerprint": None}
CONNECTIONS = {"source": VERIFIED | {"server": "imap.example.org:993"}, "destination": VERIFIED | {"server": "127.0.0.1:993"}}


def two_accounts(ring: KeyRing) -> Any:
    """A run whose second account failed at the door; returns the claim of the first, still running."""
    from trasloco.records.actions import begin_run, claim_transfer, finish_transfer
    from trasloco.testing.migration_rows import small_migration

    run = begin_run(small_migration(ring, 2))
    run.transfers.update(status="admitted")
    first, second = (claim_transfer(transfer.pk, 0, 1) for transfer in run.transfers.order_by("pk"))
    assert second is not None
    finish_transfer(second, Outcome(RunStatus.FAILED, NEVER, 0.5, 0, ()))
    return run, first


async def test_the_report_has_the_shape_of_its_description(ring: KeyRing, pool: Pool) -> None:
    from trasloco.records.actions import finish_transfer
    from trasloco.records.postgres_ledger import PostgresLedger
    from trasloco.records.queries import exceptions, report

    run, claim = await sync_to_async(two_accounts)(ring)
    ledger = PostgresLedger(pool, account_id=claim.account.pk, transfer_id=claim.transfer_id, fence=claim.fence)
    folder = await ledger.bind(b"INBOX", b"INBOX")
    rows = [MessageRow(1, Fate.COPIED, 1, size=700), MessageRow(2, Fate.REFUSED, 1, reason="NO too odd")]
    await ledger.record(folder.id, [*rows, MessageRow(3, Fate.SKIPPED, 1, reason="larger than 50 MB")])
    await ledger.left_out(b"Trash", "Trash is left out", Tally(skipped=4))
    folders = (
        FolderResult("INBOX", "INBOX", Tally(copied=1, refused=1, skipped=1)),
        FolderResult("Trash", "", Tally(skipped=4), "Trash is left out"),
    )
    outcome = Outcome(RunStatus.COMPLETED_WITH_ERRORS, None, 1.25, 700, folders, flags_changed=2)
    assert await sync_to_async(finish_transfer)(claim, outcome)
    code = (await sync_to_async(lambda: run.migration)()).code
    found = await sync_to_async(report)(code.upper() + " ")
    assert found == {
        "migration": code,
        "accounts": [
            {
                "source": "a1@example.org",
                "destination": "a1@example.net",
                "connections": CONNECTIONS,
                "messages": NONE | {"source": 7, "copied": 1, "skipped": 5, "refused": 1},
                "runs": [
                    {
                        "number": 1,
                        "status": "completed_with_errors",
                        "error": None,
                        "seconds": 1.25,
                        "bytes": 700,
                        "messages": NONE | {"source": 7, "copied": 1, "skipped": 5, "refused": 1},
                        "flags_changed": 2,
                        "folders": [
                            {
                                "source": "INBOX",
                                "destination": "INBOX",
                                "note": "",
                                "messages": NONE | {"source": 3, "copied": 1, "skipped": 1, "refused": 1},
                            },
                            {
                                "source": "Trash",
                                "destination": "",
                                "note": "Trash is left out",
                                "messages": NONE | {"source": 4, "skipped": 4},
                            },
                        ],
                    }
                ],
            },
            {
                "source": "a2@example.org",
                "destination": "a2@example.net",
                "connections": CONNECTIONS,
                "messages": NONE,
                "runs": [
                    {
                        "number": 1,
                        "status": "failed",
                        "error": "the password is wrong",
                        "seconds": 0.5,
                        "bytes": 0,
                        "messages": NONE,
                        "flags_changed": 0,
                        "folders": [],
                    }
                ],
            },
        ],
    }
    left = await sync_to_async(exceptions)(code)
    assert [(item.destination, item.folder, item.fate, item.reason, item.count, item.uids) for item in left] == [
        ("a1@example.net", b"INBOX", Fate.SKIPPED, "larger than 50 MB", 1, (3,)),
        ("a1@example.net", b"INBOX", Fate.REFUSED, "NO too odd", 1, (2,)),
    ]


def test_a_code_nobody_has() -> None:
    from trasloco.records.queries import report

    assert report("nobody22") is None


def test_progress_counts_everything(ring: KeyRing) -> None:
    from trasloco.records.models import Transfer
    from trasloco.records.queries import progress

    run, claim = two_accounts(ring)
    counters = {"expected_messages": 10, "expected_bytes": 1000, "done_messages": 4, "copied_bytes": 300, "folder": "INBOX"}
    Transfer.objects.filter(pk=claim.transfer_id).update(**counters)
    now = progress(run)
    assert (now.status, now.finished, now.states) == ("waiting", False, {"running": 1, "failed": 1})
    assert (now.expected_messages, now.expected_bytes, now.done_messages, now.copied_bytes) == (10, 1000, 4, 300)
    first, second = now.accounts
    assert (first.line, first.login, first.destination, first.folder, first.finished) == (
        1,
        "a1@example.org",
        "a1@example.net",
        "INBOX",
        False,
    )
    assert (second.status, second.failure_code, second.words, second.finished) == ("failed", "login-refused", "the password is wrong", True)


def test_the_list_of_migrations(ring: KeyRing) -> None:
    from trasloco.records.queries import migrations

    assert migrations() == []
    run, _ = two_accounts(ring)
    (line,) = migrations()
    assert (line.code, line.accounts, line.destination, line.runs) == (run.migration.code, 2, "127.0.0.1", ((1, "waiting"),))
