"""Tokens of the API: made, found by what was sent, revoked. Every write, as a verb.

A token is 256 random bits, so its plain SHA-256 is enough: nobody can try them out. It can do what its person can, as far
as its scopes go, until it expires; of a person who may not sign in, none works.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from trasloco.records import clock
from trasloco.records.history import Actor, note
from trasloco.records.models import ApiToken, Customer, Membership, Person
from trasloco.records.rights import may_sign_in

READ, WRITE, ADMIN = "read", "write", "admin"
SCOPES = (READ, WRITE, ADMIN)
"""read: look at everything the person may see of migrations. write: change migrations. admin: people, customers, domains,
destination systems, history, as far as the person may himself."""

MOST_DAYS = 366
MOST_TOKENS = 50  # of one person
PER_MINUTE = 600
"""Requests by one token."""

_MARK = "trasloco_"
_HINT = len(_MARK) + 4


class TooManyTokens(Exception):
    """The person has as many as anybody needs."""


@dataclass(frozen=True, slots=True)
class Use:
    """A token that was sent and is good. wait: seconds until its next request is allowed, 0 when this one is."""

    token: ApiToken
    wait: int


@transaction.atomic
def make_token(actor: Actor, name: str, scopes: Iterable[str], days: int) -> tuple[ApiToken, str]:
    """A new token of the actor's own, and its text, which is known only now. days: until it expires.

    Raises ``TooManyTokens``; ValueError for what is no scope or outside 1..``MOST_DAYS``.
    """
    person, chosen = actor.person, [scope for scope in SCOPES if scope in set(scopes)]
    if person is None or not chosen or not 1 <= days <= MOST_DAYS:
        raise ValueError("a token needs a person, a scope and a number of days")
    Person.objects.select_for_update().get(pk=person.pk)
    if tokens_of(person).count() >= MOST_TOKENS:
        raise TooManyTokens
    text, now = _MARK + secrets.token_urlsafe(32), clock.now()
    token = ApiToken.objects.create(
        person=person,
        name=name,
        hint=text[:_HINT],
        digest=_digest(text),
        scopes=chosen,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    note(actor, "token-made", name, customer=_customer(person), scopes=" ".join(chosen), days=days)
    return token, text


def tokens_of(person: Person) -> QuerySet[ApiToken]:
    """His own, the newest first; those that have expired too, until ``forget_tokens``."""
    return ApiToken.objects.filter(person=person).order_by("-pk")


@transaction.atomic
def revoke_token(actor: Actor, token: ApiToken) -> bool:
    """It works no more, from this moment on. False when it was revoked already."""
    gone, _kinds = ApiToken.objects.filter(pk=token.pk).delete()
    if gone:
        note(actor, "token-revoked", token.name, customer=_customer(token.person))
    return bool(gone)


def use_token(text: str) -> Use | None:
    """The token that was sent, noted as used and counted; None when it is none, has expired, or its person may not sign in."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"digest": _digest(text), "now": now, "minute": now.replace(second=0, microsecond=0)})
        row = cursor.fetchone()
    if row is None:
        return None
    token = ApiToken.objects.select_related("person").filter(pk=row[0]).first()
    if token is None or not may_sign_in(token.person):
        return None
    return Use(token, 60 - now.second if row[1] > PER_MINUTE else 0)


def forget_tokens(now: datetime) -> int:
    """Those that expired a month ago; until then people see why a program has stopped working."""
    gone, _kinds = ApiToken.objects.filter(expires_at__lt=now - timedelta(days=30)).delete()
    return gone


_COUNT = """
UPDATE trasloco_api_token SET used_at = %(now)s,
    counted = CASE WHEN counted_from = %(minute)s THEN counted + 1 ELSE 1 END, counted_from = %(minute)s
WHERE digest = %(digest)s AND expires_at > %(now)s RETURNING id, counted
"""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _customer(person: Person) -> Customer | None:
    membership = Membership.objects.select_related("customer").filter(person=person).first()
    return membership.customer if membership else None
