from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from trasloco.engine.account import FolderResult, Outcome, RunStatus
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.fate import Fate, Tally
from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")

LATER = Failure(SideName.SOURCE, Scope.ACCOUNT, Retry.LATER, "busy", "come \0 back later")
NEVER = Failure(SideName.SOURCE, Scope.ACCOUNT, Retry.NEVER, "login-refused", "the password is wrong")
DONE = Outcome(RunStatus.COMPLETED, None, 2.0, 10, (FolderResult("INBOX", "INBOX", Tally(copied=1)),), 3, {"server": "Dovecot"})


def begun(ring: KeyRing, count: int = 1) -> Any:
    from trasloco.records.actions import begin_run
    from trasloco.testing.migration_rows import small_migration

    return begin_run(small_migration(ring, count))


def claimed(transfer: Any, worker: int = 1) -> Any:
    from trasloco.records.actions import claim_transfer
    from trasloco.records.models import Transfer

    Transfer.objects.filter(pk=transfer.pk).update(status="admitted")
    transfer.refresh_from_db()
    claim = claim_transfer(transfer.pk, transfer.fence, worker)
    assert claim is not None
    return claim


def failed(failure: Failure, *folders: FolderResult) -> Outcome:
    return Outcome(RunStatus.FAILED, failure, 1.0, 0, folders)


def test_a_run_has_a_transfer_for_each_account(ring: KeyRing) -> None:
    run = begun(ring, 3)
    assert (run.number, run.status) == (1, "waiting")
    rows = run.transfers.values_list("status", "source_host", "destination_host")
    assert list(rows) == [("waiting", "imap.example.org", "127.0.0.1")] * 3


def test_an_unfinished_run_is_gone_on_with(ring: KeyRing) -> None:
    from trasloco.records.actions import begin_run, finish_transfer

    run = begun(ring, 3)
    one, two, three = run.transfers.order_by("pk")
    finish_transfer(claimed(one), DONE)
    finish_transfer(claimed(two), failed(NEVER))
    assert begin_run(run.migration) == run
    assert [row.status for row in run.transfers.order_by("pk")] == ["completed", "waiting", "waiting"]
    finish_transfer(claimed(two), DONE)
    finish_transfer(claimed(three), DONE)
    run.refresh_from_db()
    assert run.status == "completed"
    assert run.ended_at is not None
    assert begin_run(run.migration).number == 2


def test_a_claim_needs_its_ticket_and_makes_it_void(ring: KeyRing) -> None:
    from trasloco.records.actions import claim_transfer
    from trasloco.records.models import Transfer

    transfer = begun(ring).transfers.get()
    assert claim_transfer(transfer.pk, 0, 1) is None  # waiting
    Transfer.objects.update(status="admitted")
    assert claim_transfer(transfer.pk, 7, 1) is None
    claim = claim_transfer(transfer.pk, 0, 9)
    assert claim is not None
    assert (claim.fence, claim.number, claim.account.destination_address) == (1, 1, "a1@example.net")
    assert claim_transfer(transfer.pk, 0, 1) is None
    assert claim_transfer(transfer.pk, 1, 1) is None


def test_the_end_is_written_once_and_by_the_owner_only(ring: KeyRing) -> None:
    from trasloco.records.actions import finish_transfer, hand_back, release_transfer

    run = begun(ring)
    transfer = run.transfers.get()
    claim = claimed(transfer)
    assert hand_back([(transfer.pk, claim.fence)]) == [transfer.pk]
    assert hand_back([(transfer.pk, claim.fence)]) == []
    assert not finish_transfer(claim, DONE)
    assert not finish_transfer(claim, failed(LATER))
    assert not release_transfer(claim)
    assert transfer.tallies.count() == 0
    again = claimed(transfer)
    assert finish_transfer(again, DONE)
    assert not finish_transfer(again, failed(NEVER))
    transfer.refresh_from_db()
    assert (transfer.status, transfer.worker, transfer.facts, transfer.flags_changed) == ("completed", None, {"server": "Dovecot"}, 3)


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        ([DONE, DONE], "completed"),
        ([failed(NEVER), failed(NEVER)], "failed"),
        ([DONE, failed(NEVER)], "completed_with_errors"),
        ([DONE, Outcome(RunStatus.COMPLETED_WITH_ERRORS, None, 0.0, 0, ())], "completed_with_errors"),
    ],
)
def test_a_run_ends_as_its_accounts_did(ring: KeyRing, ends: list[Outcome], status: str) -> None:
    from trasloco.records.actions import finish_transfer

    run = begun(ring, 2)
    for transfer, outcome in zip(run.transfers.order_by("pk"), ends, strict=True):
        run.refresh_from_db()
        assert run.ended_at is None
        finish_transfer(claimed(transfer), outcome)
    run.refresh_from_db()
    assert run.status == status


def test_later_waits_and_gives_up_in_the_end(ring: KeyRing) -> None:
    from django.utils import timezone

    from trasloco.records.actions import MOST_ATTEMPTS, finish_transfer

    run = begun(ring)
    transfer = run.transfers.get()
    for attempt in range(1, MOST_ATTEMPTS):
        assert finish_transfer(claimed(transfer), failed(LATER))
        transfer.refresh_from_db()
        assert (transfer.status, transfer.attempts, transfer.failure_words) == ("waiting", attempt, "come \ufffd back later")
        assert transfer.not_before > timezone.now() + timedelta(seconds=10)
    assert finish_transfer(claimed(transfer), failed(LATER))
    transfer.refresh_from_db()
    run.refresh_from_db()
    assert (transfer.status, transfer.seconds, run.status) == ("failed", 5.0, "failed")


def test_an_attempt_that_got_on_begins_the_count_anew(ring: KeyRing) -> None:
    """Hang-ups of a server that brings a part of the mail each time are no reason to give up."""
    from trasloco.records.actions import MOST_ATTEMPTS, finish_transfer
    from trasloco.records.models import FATE_CODES, LedgerFolder, LedgerMessage

    transfer = begun(ring).transfers.get()
    folder = LedgerFolder.objects.create(account=transfer.account, source_name=b"A", destination_name=b"A")
    for uid in range(1, MOST_ATTEMPTS + 3):
        claim = claimed(transfer)
        LedgerMessage.objects.create(folder=folder, source_uid=uid, size=5, fate=FATE_CODES[Fate.ADOPTED], run=1)
        assert finish_transfer(claim, failed(LATER))
        transfer.refresh_from_db()
        assert (transfer.status, transfer.attempts) == ("waiting", 1)
    for _ in range(MOST_ATTEMPTS - 1):  # and from now on nothing new
        assert transfer.status == "waiting"
        finish_transfer(claimed(transfer), failed(LATER))
        transfer.refresh_from_db()
    assert transfer.status == "failed"


def test_the_servers_own_wish_is_heard() -> None:
    from trasloco.records.actions import LONGEST_WISH, retry_delay

    asked = Failure(SideName.SOURCE, Scope.ACCOUNT, Retry.LATER, "busy", "wait", after=120.0)
    assert retry_delay(asked, 4) == 120.0
    assert retry_delay(Failure(SideName.SOURCE, Scope.ACCOUNT, Retry.LATER, "busy", "wait", after=1e9), 0) == LONGEST_WISH
    assert 11 < retry_delay(LATER, 0) < 19
    assert 45 < retry_delay(LATER, 2) < 76


def test_folders_of_an_earlier_attempt_stay_in_the_report(ring: KeyRing) -> None:
    from trasloco.records.actions import finish_transfer
    from trasloco.records.models import FolderTally

    transfer = begun(ring).transfers.get()
    both = (FolderResult("A", "A", Tally(copied=3)), FolderResult("B", "B", Tally(copied=1)))
    finish_transfer(claimed(transfer), failed(LATER, *both))
    finish_transfer(claimed(transfer), failed(NEVER, FolderResult("A", "A", Tally(copied=3, refused=1))))
    assert list(FolderTally.objects.order_by("source").values_list("source", "copied", "refused")) == [("A", 3, 1), ("B", 1, 0)]


@pytest.mark.parametrize("status", [RunStatus.COMPLETED, RunStatus.COMPLETED_WITH_ERRORS])
def test_a_folder_renamed_between_two_attempts_is_reported_once(ring: KeyRing, status: RunStatus) -> None:
    from trasloco.records.actions import finish_transfer
    from trasloco.records.models import FolderTally

    one, other = begun(ring, 2).transfers.order_by("pk")
    finish_transfer(claimed(other), failed(LATER, FolderResult("Done", "Done", Tally(copied=1))))
    finish_transfer(claimed(one), failed(LATER, FolderResult("Done", "Done", Tally(copied=2))))
    folders = tuple(FolderResult(name, name, Tally(copied=2)) for name in ("Finished", "Twin", "Twin"))
    finish_transfer(claimed(one), Outcome(status, None, 1.0, 10, folders))
    lines = FolderTally.objects.order_by("transfer", "position").values_list("transfer", "source")
    assert list(lines) == [(one.pk, "Finished"), (one.pk, "Twin"), (one.pk, "Twin (2)"), (other.pk, "Done")]


def test_names_that_look_the_same_are_kept_apart(ring: KeyRing) -> None:
    from trasloco.records.actions import finish_transfer
    from trasloco.records.models import FolderTally

    transfer = begun(ring).transfers.get()
    folders = tuple(FolderResult(name, name, Tally(copied=1)) for name in ("A", "A", "A", "A (2)"))
    finish_transfer(claimed(transfer), Outcome(RunStatus.COMPLETED, None, 0.0, 0, folders))
    assert FolderTally.objects.count() == 4


def test_a_new_start_clears_the_old_failure(ring: KeyRing) -> None:
    from trasloco.records.actions import finish_transfer

    transfer = begun(ring).transfers.get()
    finish_transfer(claimed(transfer), failed(LATER))
    finish_transfer(claimed(transfer), DONE)
    transfer.refresh_from_db()
    assert (transfer.failure_words, transfer.failure_code, transfer.seconds, transfer.status) == ("", "", 3.0, "completed")


def test_wiped_passwords_are_gone(ring: KeyRing) -> None:
    from trasloco.records.actions import wipe_secrets
    from trasloco.records.key_ring import KeyProblem
    from trasloco.records.sides import sides

    run = begun(ring)
    wipe_secrets(run.migration)
    account = run.migration.accounts.select_related("migration").get()
    assert (account.source_secret, account.migration.wrapped_key) == (None, None)
    with pytest.raises(KeyProblem, match="wiped"):
        sides(account, ring)


def test_a_migration_without_accounts_has_nothing_to_wait_for(ring: KeyRing) -> None:
    assert begun(ring, 0).status == "waiting"  # as created; its row has ended
    from trasloco.records.models import Run

    assert Run.objects.get().status == "completed"


@pytest.mark.parametrize("left", ["first", "last"])
def test_the_end_of_one_account_does_not_look_at_all_the_others(ring: KeyRing, left: str) -> None:
    """Else the end of 50,000 accounts would look at 50,000 times as many rows."""
    from django.db import connection, transaction

    from trasloco.records.actions import end_run
    from trasloco.records.models import Run, Transfer

    run = begun(ring, 1000)
    ids = list(run.transfers.order_by("pk").values_list("pk", flat=True))
    waiting = ids[:1] if left == "first" else ids[-1:]
    Transfer.objects.exclude(pk__in=waiting).update(status="completed")
    looked_at = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'trasloco_transfer'"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE trasloco_transfer")
        with transaction.atomic():
            cursor.execute(looked_at)
            before = cursor.fetchone()[0]
            end_run(run)
            cursor.execute(looked_at)
            assert cursor.fetchone()[0] - before <= 20
    assert Run.objects.get(pk=run.pk).ended_at is None
