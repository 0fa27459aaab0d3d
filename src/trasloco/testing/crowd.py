"""A crowded run without any worker: many accounts in every state, some of which failed in many ways, with a pace behind them.

crowd(migration, failed=60)      # of a planned migration, however many accounts it has
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

_NOT_AGAIN = "it is not tried again by itself."
_SAYS = "could not sign in; the server says"
_SAID = {
    (
        "source",
        "login-refused",
    ): f"{{login}} {_SAYS} “[AUTHENTICATIONFAILED] Authentication failed.”. Check login and password; {_NOT_AGAIN}",
    (
        "source",
        "imap-switched-off",
    ): f"{{login}} {_SAYS} “[ALERT] IMAP access is disabled for this mailbox.”. IMAP is switched off for that "
    f"account: it has to be switched on in the provider's settings; {_NOT_AGAIN}",
    ("source", "certificate-wrong-name"): "its certificate is for another name (mail.elsewhere.example). Write the name it is for.",
    (
        "source",
        "connection-refused",
    ): "nothing answers on port 993 of imap.old.example. Check the port, and that IMAP is switched on there.",
    ("source", "connection-timeout"): "imap.old.example does not answer on port 993. A firewall may be in between; check host and port.",
    (
        "destination",
        "over-quota",
    ): "the server says “[OVERQUOTA] Quota exceeded (mailbox for user is full)” while storing messages in “INBOX”: "
    "the destination mailbox is full. Give it more room, then start again; nothing is copied twice.",
    ("source", "limit-exceeded"): "an answer went past a safety limit while reading the folder list (a line of 1048576 bytes).",
    ("source", "token-refused"): "there is no OAuth token for {login}: Microsoft says “AADSTS50057: The user account is disabled.”. "
    f"The account is disabled: an administrator of the tenant has to enable it; {_NOT_AGAIN}",
}
_SERVERS = {"source": "Source imaps://imap.old.example", "destination": "Destination imaps://mx.example.net"}
FAILURES = tuple((side, code, f"{_SERVERS[side]}: {words}") for (side, code), words in _SAID.items())
"""Side, code and words of failures that a run meets, in the engine's words."""

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
    transfers = list(run.transfers.select_related("account").order_by("account__line"))
    every = max(1, len(transfers) // failed) if failed else 0
    wrong = 0
    for place, transfer in enumerate(transfers):
        transfer.expected_messages, transfer.expected_bytes = EACH, EACH * _KILOBYTES * 1024
        if every and place % every == 1 and wrong < failed:
            transfer.status = "failed"
            transfer.failure_side, transfer.failure_code, words = FAILURES[wrong % len(FAILURES)]
            transfer.failure_words = words.format(login=transfer.account.login)
            wrong += 1
            continue
        transfer.status = _state(place, len(transfers))
        _fill(transfer, place, begun)
    fields = ["status", "attempts", "not_before", "expected_messages", "expected_bytes", "done_messages", "copied_bytes", "folder"]
    Transfer.objects.bulk_update(transfers, [*fields, "failure_side", "failure_code", "failure_words", "started_at"])
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
            transfer.failure_side, transfer.failure_code = "source", "server-busy"
            transfer.failure_words = (
                "Source imaps://imap.old.example: the server says “[LIMIT] Try again later.” while reading messages in “INBOX”. "
                "Trasloco waits and goes on."
            )
        return
    transfer.started_at = begun
    transfer.done_messages = EACH if transfer.status == "completed" else EACH - 3 if transfer.status != "running" else place * 7 % EACH
    transfer.copied_bytes = transfer.done_messages * _KILOBYTES * 1024
    transfer.folder = "INBOX/Projects" if transfer.status == "running" else ""
