"""A crowded run without any worker: many accounts in every state, some of which failed in many ways, with a pace behind them.

crowd(migration, failed=60)      # of a planned migration, however many accounts it has
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

FAILURES = (
    ("login-refused", "NO [AUTHENTICATIONFAILED] Authentication failed."),
    ("account-refused", "NO IMAP access is disabled for this mailbox."),
    ("certificate-wrong-name", "the certificate is for mail.elsewhere.example"),
    ("connection-refused", "nothing answers on port 993 of 192.0.2.10"),
    ("connection-timeout", "192.0.2.10 does not answer on port 993"),
    ("over-quota", "NO [OVERQUOTA] Quota exceeded (mailbox for user is full)"),
    ("limit-exceeded", "BYE Too many commands, slow down"),
    ("token-refused", "Microsoft says “AADSTS50057: The user account is disabled.”"),
)
"""Code and words of failures that a run meets."""

EACH = 900  # messages of an account
_KILOBYTES = 70


def crowd(migration: Any, failed: int = 60) -> Any:
    """Its first run, under way for half an hour: ``failed`` accounts failed, the first tenth of the others is running, some wait for
    another try or have errors, half is complete, the rest waits. Returns the run."""
    from trasloco.records.clock import now
    from trasloco.records.models import Run, RunPace, Transfer
    from trasloco.testing.run_states import begin

    run = begin(migration)
    begun = now() - timedelta(minutes=30)
    Run.objects.filter(pk=run.pk).update(status="running", started_at=begun)
    transfers = list(run.transfers.order_by("account__line"))
    every = max(1, len(transfers) // failed) if failed else 0
    wrong = 0
    for place, transfer in enumerate(transfers):
        transfer.expected_messages, transfer.expected_bytes = EACH, EACH * _KILOBYTES * 1024
        if every and place % every == 1 and wrong < failed:
            transfer.status = "failed"
            transfer.failure_code, transfer.failure_words = FAILURES[wrong % len(FAILURES)]
            wrong += 1
            continue
        transfer.status = _state(place, len(transfers))
        _fill(transfer, place, begun)
    fields = ["status", "attempts", "not_before", "expected_messages", "expected_bytes", "done_messages", "copied_bytes", "folder"]
    Transfer.objects.bulk_update(transfers, [*fields, "failure_code", "failure_words", "started_at"])
    done = sum(transfer.done_messages for transfer in transfers)
    RunPace.objects.bulk_create(
        RunPace(
            run=run,
            at=begun + timedelta(minutes=minute),
            done=done * minute // 30,
            expected=len(transfers) * EACH,
            size=done * minute // 30 * _KILOBYTES * 1024,
            finished=minute,
        )
        for minute in range(30)
    )
    run.refresh_from_db()
    return run


def _state(place: int, many: int) -> str:
    if place < many // 10:
        return "running"
    if place % 41 == 0:
        return "waiting"
    if place % 29 == 0:
        return "completed_with_errors"
    return "completed" if place < many * 6 // 10 else "waiting"


def _fill(transfer: Any, place: int, begun: Any) -> None:
    if transfer.status == "waiting":
        if place % 41 == 0:
            transfer.attempts, transfer.not_before = 1, begun + timedelta(hours=1)
            transfer.failure_code, transfer.failure_words = "server-busy", "NO [LIMIT] Try again later."
        return
    transfer.started_at = begun
    transfer.done_messages = EACH if transfer.status == "completed" else EACH - 3 if transfer.status != "running" else place * 7 % EACH
    transfer.copied_bytes = transfer.done_messages * _KILOBYTES * 1024
    transfer.folder = "INBOX/Projects" if transfer.status == "running" else ""
