"""Changing the master key: every data key and sign-in secret is opened with the key it has and wrapped with the newest one.

What is encrypted with the data keys is not touched, so a migration of any size takes one row. Workers and panel go on meanwhile: each
row changes in one conditional update, whoever reads it before or after opens it, and what was made with the old key in the same
moment is found by the next look. Errors: ``KeyProblem``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator

from trasloco.records.installation import VAULT_CODE
from trasloco.records.key_ring import KeyRing
from trasloco.records.models import CustomerCredentials, DestinationSystem, Installation, MailMigration, Webhook
from trasloco.records.sign_in_secrets import key_of, lock_sign_in_secret, open_sign_in_secret

LOOKS = 5
"""At what is left; more than one only finds what was made in the same moment."""

HOLDERS = (MailMigration, DestinationSystem, CustomerCredentials, Installation, Webhook)
"""Whose rows have a data key of their own."""

_SIGN_IN_FIELDS = ("secret", "seed")


@dataclass(frozen=True, slots=True)
class _Wrapped:
    """A row with a data key. identity: what the key is bound to."""

    row: Any
    identity: str


def rewrap(ring: KeyRing) -> int:
    """Everything to the ring's newest key; returns how many rows. Raises ``KeyProblem`` at the first that does not open."""
    count = 0
    for _ in range(LOOKS):
        changed = sum(_rewrap(found, ring) for found in _wrapped(ring.newest)) + sum(
            _rewrap_sign_in(found, ring) for found in _sign_ins(ring.newest)
        )
        if not changed:
            break
        count += changed
    return count


def keys_in_use() -> frozenset[str]:
    """The ids of the keys that something is wrapped with."""
    ids = {found.row.key_id for found in _wrapped("")}
    for authenticator in _sign_ins(""):
        ids |= {key_of(authenticator.data[name]) for name in _SIGN_IN_FIELDS if name in authenticator.data}
    return frozenset(ids)


def _wrapped(but: str) -> Iterator[_Wrapped]:
    """What is wrapped with another key."""
    for model in HOLDERS:
        rows: Any = model.objects.exclude(wrapped_key=None).exclude(key_id=but).only(*_needed(model))
        for row in rows.order_by("pk").iterator():
            yield _Wrapped(
                row, row.code if isinstance(row, MailMigration) else VAULT_CODE if isinstance(row, Installation) else row.vault_code
            )


def _needed(model: Any) -> list[str]:
    names = {field.name for field in model._meta.fields}
    return ["wrapped_key", "key_id", *sorted(names & {"code", "customer", "provider"})]


def _rewrap(found: _Wrapped, ring: KeyRing) -> int:
    row = found.row
    data_key = ring.unwrap(row.key_id, bytes(row.wrapped_key), found.identity)
    same = type(row).objects.filter(pk=row.pk, key_id=row.key_id, wrapped_key=bytes(row.wrapped_key))
    return int(same.update(wrapped_key=ring.wrap(data_key, found.identity), key_id=ring.newest))


def _sign_ins(but: str) -> Iterator[Any]:
    """Second factors with a secret under another key; passkeys have none."""
    for authenticator in Authenticator.objects.order_by("pk").iterator():
        if any(key_of(authenticator.data[name]) != but for name in _SIGN_IN_FIELDS if name in authenticator.data):
            yield authenticator


def _rewrap_sign_in(authenticator: Any, ring: KeyRing) -> int:
    old = authenticator.data
    new = old | {name: lock_sign_in_secret(open_sign_in_secret(old[name], ring), ring) for name in _SIGN_IN_FIELDS if name in old}
    return int(Authenticator.objects.filter(pk=authenticator.pk, data=old).update(data=new))
