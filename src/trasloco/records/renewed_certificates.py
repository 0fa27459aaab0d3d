"""A server whose pinned certificate was renewed, and somebody who says so: the one way past ``certificate-changed``."""

from __future__ import annotations

from django.db import transaction

from trasloco.engine.failure import SideName
from trasloco.records.history import Actor, note
from trasloco.records.models import Account, Transfer

CODE = "certificate-changed"


def certificate_changed(last: Transfer | None) -> bool:
    """Did the account stop because its old server shows another certificate than the pinned one?"""
    return last is not None and (last.failure_code, last.failure_side) == (CODE, SideName.SOURCE)


@transaction.atomic
def accept_renewed(actor: Actor, account: Account) -> bool:
    """Forget what is pinned of its old server, for all accounts of the migration there: what it shows next is pinned.

    False when the account did not stop for that (any more)."""
    last = Transfer.objects.filter(account=account).order_by("-run__number").first()
    if not certificate_changed(last):
        return False
    there = Account.objects.filter(
        migration_id=account.migration_id, source_host__iexact=account.source_host, source_port=account.source_port
    )
    if there.exclude(source_fingerprint=None).update(source_fingerprint=None):
        note(actor, "certificate-renewed", f"{account.source_host}:{account.source_port}", migration=account.migration)
    return True
