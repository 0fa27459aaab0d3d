"""The tasks of the queue. They are given ids and tickets, never secrets; what they do is in ``carry_out``."""

from __future__ import annotations

from procrastinate import JobContext
from procrastinate.contrib.django import app

from trasloco.jobs.carry_out import carry_out
from trasloco.jobs.dispatch import TASK


@app.task(name=TASK, pass_context=True)
async def transfer(context: JobContext, transfer_id: int, ticket: int) -> None:
    """One account in one run. ticket: the fence under which it was admitted; an old one does nothing."""
    assert context.job.worker_id is not None
    await carry_out(context.additional_context["workshop"], context.job.worker_id, transfer_id, ticket)
