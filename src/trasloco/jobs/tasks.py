"""The tasks of the queue. They are given ids and tickets, never secrets; what they do is in ``carry_out``."""

from __future__ import annotations

import asyncio

from django.db import close_old_connections
from procrastinate import JobContext
from procrastinate.contrib.django import app

from trasloco.jobs.carry_out import carry_out
from trasloco.jobs.dispatch import TASK
from trasloco.jobs.errands import CHECK, FIND_SERVERS, LOOK_AT_MX, MAIL, SIGN_INS, TEST_SYSTEM, VERIFY, WEBHOOK
from trasloco.jobs.login_checks import check_migration
from trasloco.jobs.mail_delivery import deliver
from trasloco.jobs.mx_looks import look_at_due
from trasloco.jobs.server_searches import search_servers
from trasloco.jobs.sign_ins import carry_sign_ins
from trasloco.jobs.system_test import test_destination_system
from trasloco.jobs.verifying import verify_run
from trasloco.jobs.webhook_delivery import deliver_webhook
from trasloco.jobs.workshop import Workshop
from trasloco.records.key_ring import KeyRing
from trasloco.records.log_fields import task_is_about


@app.task(name=TASK, pass_context=True)
async def transfer(context: JobContext, transfer_id: int, ticket: int) -> None:
    """One account in one run. ticket: the fence under which it was admitted; an old one does nothing."""
    assert context.job.worker_id is not None
    await carry_out(context.additional_context["workshop"], context.job.worker_id, transfer_id, ticket)


@app.task(name=CHECK, pass_context=True)
async def check(context: JobContext, migration_id: int, account_id: int | None = None) -> None:
    """Try the logins of a migration that is being prepared, or of one of its accounts."""
    workshop = await _present(context)
    await check_migration(migration_id, account_id, workshop.ring, workshop.gates)


@app.task(name=FIND_SERVERS, pass_context=True)
async def find_servers(context: JobContext, migration_id: int) -> None:
    """Look for the servers of a migration that is being prepared."""
    await _present(context)
    await search_servers(migration_id)


@app.task(name=SIGN_INS, pass_context=True)
async def sign_ins(context: JobContext, migration_id: int) -> None:
    """Carry the sign-ins of a migration's owners through."""
    workshop = await _present(context)
    await carry_sign_ins(migration_id, workshop.ring)


@app.task(name=TEST_SYSTEM, pass_context=True)
async def test_system(context: JobContext, system_id: int, address: str) -> None:
    """Open one mailbox of a destination system."""
    workshop = await _present(context)
    await test_destination_system(system_id, address, workshop.ring)


@app.task(name=VERIFY, pass_context=True)
async def verify(context: JobContext, run_id: int) -> None:
    """Read the destination of a migration again, after its last run."""
    workshop = await _present(context)
    await verify_run(run_id, workshop.pool, workshop.ring)


@app.task(name=LOOK_AT_MX, pass_context=True)
async def look_at_mx(context: JobContext) -> None:
    """Ask the name servers of the domains whose turn it is."""
    await _present(context)
    await look_at_due()


@app.task(name=MAIL, pass_context=True)
async def mail(context: JobContext, mail_id: int) -> None:
    """Bring one mail away. A thread of its own: a slow mail server holds nobody up."""
    workshop = await _present(context)
    await asyncio.to_thread(_deliver, mail_id, workshop.ring)


@app.task(name=WEBHOOK, pass_context=True)
async def webhook(context: JobContext, delivery_id: int, number: int) -> None:
    """Bring one message to a webhook."""
    workshop = await _present(context)
    await deliver_webhook(delivery_id, number, workshop.ring)


async def _present(context: JobContext) -> Workshop:
    """The workshop, after showing that this worker lives: else its errand would be begun again by another.

    The log names errand and ids. What else an errand was given (an address to try) stays out of it."""
    ids = {name: value for name, value in context.job.task_kwargs.items() if name.endswith("_id") and isinstance(value, int)}
    task_is_about(errand=context.job.task_name, **ids)
    workshop: Workshop = context.additional_context["workshop"]
    assert context.job.worker_id is not None
    await workshop.presence.hold(context.job.worker_id)
    return workshop


def _deliver(mail_id: int, ring: KeyRing) -> None:
    close_old_connections()
    try:
        deliver(mail_id, ring)
    finally:
        close_old_connections()
