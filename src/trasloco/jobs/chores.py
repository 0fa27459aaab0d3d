"""What the service does without being asked, every second or so: a worker's tick calls it.

Each chore takes what is due by a conditional update, so any number of workers may do them at once. Nothing is
kept in memory: what was due while all was down is done at the first tick.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import InterfaceError, OperationalError

from trasloco.jobs.ends_of_runs import look_after_ended_runs
from trasloco.jobs.mail_delivery import post_due_mails
from trasloco.jobs.mx_letters import tell_of_changes
from trasloco.jobs.mx_looks import ask_for_due_looks
from trasloco.jobs.webhook_delivery import post_due_webhooks
from trasloco.records import clock
from trasloco.records.api_answers import forget_answers
from trasloco.records.api_tokens import forget_tokens
from trasloco.records.budgets import forget_fetched_bytes
from trasloco.records.cut_over import begin_changed_runs, set_latest_hours
from trasloco.records.deletion import mark_expired, remove_marked
from trasloco.records.paces import sample_paces
from trasloco.records.planning import begin_due_runs
from trasloco.records.webhooks import forget_deliveries
from trasloco.records.workers import forget_workers

log = logging.getLogger(__name__)

CHORES: tuple[Callable[[datetime], object], ...] = (
    set_latest_hours,
    begin_changed_runs,
    begin_due_runs,
    ask_for_due_looks,
    look_after_ended_runs,
    tell_of_changes,
    sample_paces,
    post_due_mails,
    post_due_webhooks,
    mark_expired,
    remove_marked,
    forget_fetched_bytes,
    forget_answers,
    forget_tokens,
    forget_deliveries,
    forget_workers,
)


def do_chores(now: datetime | None = None) -> None:
    """All of them, one after the other, at the same moment; a mistake in one does not keep the others from being done.

    Raises what Django raises for a database that is away.
    """
    moment = now or clock.now()
    for chore in CHORES:
        try:
            chore(moment)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("the chore %s failed; it is tried again", chore.__name__)
