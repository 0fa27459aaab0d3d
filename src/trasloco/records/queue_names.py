"""The queues: what workers take, and what commands have for themselves. No Django here: ``--queues`` is read before it is there."""

from __future__ import annotations

TRANSFERS = "transfers"
"""Of what workers of the panel have admitted."""

ERRANDS = "errands"
"""Of checks, searches, tests, verifications, mails and messages to webhooks."""

QUEUES = (TRANSFERS, ERRANDS)

ERRANDS_AT_ONCE = 8
"""Of each process that takes errands, beside its transfers: a check must not wait for a mailbox of 200 GB."""


def queue_name(run_id: int) -> str:
    """The queue of a run that a command works for alone; all that workers of the panel admit is in ``TRANSFERS``."""
    return f"run-{run_id}"
