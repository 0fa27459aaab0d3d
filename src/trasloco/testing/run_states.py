"""Runs as workers leave them, without any worker: for tests of what is shown and allowed afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

WRONG_PASSWORD = {
    "failure_side": "source",
    "failure_code": "login-refused",
    "failure_words": "Source imaps://imap.old.example: {login} could not sign in; the server says “[AUTHENTICATIONFAILED] Authentication "
    "failed.”. Check login and password; it is not tried again by itself.",
}


def begin(migration: Any) -> Any:
    """The next planned run is begun by the migration's person; returns it."""
    from trasloco.records.history import Actor
    from trasloco.records.planning import start_now

    return start_now(Actor(migration.asked_by), migration)


def set_states(run: Any, states: Sequence[str]) -> None:
    """The run's transfers in the order of the CSV get these states; the run is under way, or ends when all have ended."""
    from trasloco.records.actions import end_run
    from trasloco.records.clock import now
    from trasloco.records.models import Run, Transfer

    Run.objects.filter(pk=run.pk).update(status="running", started_at=now())
    for transfer, state in zip(run.transfers.select_related("account").order_by("account__line"), states, strict=True):
        ended = now() if state in ("completed", "completed_with_errors", "failed") else None
        failure = {name: text.format(login=transfer.account.login) for name, text in WRONG_PASSWORD.items()} if state == "failed" else {}
        Transfer.objects.filter(pk=transfer.pk).update(status=state, started_at=now(), ended_at=ended, **failure)
    end_run(run)
    run.refresh_from_db()


def close(migration: Any) -> None:
    """Everybody is told of the end of all runs, and the passwords are wiped."""
    from trasloco.records.actions import wipe_secrets
    from trasloco.records.clock import now

    migration.runs.update(told_at=now())
    wipe_secrets(migration)
    migration.refresh_from_db()
