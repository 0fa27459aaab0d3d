"""A request that is sent twice is done once: the Idempotency-Key of the API.

What a request does and the answer to it commit together, so that no crash can leave the one without the other. Only what
was done is kept (2xx): a request that was refused has changed nothing, and may be sent again under the same key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

from trasloco.records import clock
from trasloco.records.models import ApiAnswer, ApiToken

KEPT_FOR = timedelta(hours=24)


class KeyInUse(Exception):
    """A request with this key is being carried out in this moment."""


class OtherRequest(Exception):
    """The key was used for another request."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request with a key. digest: of method, path and body, keyed, as a body may hold passwords."""

    token: ApiToken
    key: str
    digest: str

    @classmethod
    def of(cls, token: ApiToken, key: str, method: str, path: str, body: bytes) -> Keyed:
        asked = f"{method} {path}\n".encode() + body
        return cls(token, key, salted_hmac("trasloco.api", asked, algorithm="sha256").hexdigest())


def answer_before(keyed: Keyed) -> ApiAnswer | None:
    """The answer that was given, None for the first time. In the transaction that carries the request out: it keeps others with
    this key away until its end. Raises ``KeyInUse``, ``OtherRequest``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, %s))", [f"trasloco.api {keyed.key}", keyed.token.pk])
        if not cursor.fetchone()[0]:
            raise KeyInUse
    ApiAnswer.objects.filter(token=keyed.token, key=keyed.key, created_at__lte=clock.now() - KEPT_FOR).delete()
    found = ApiAnswer.objects.filter(token=keyed.token, key=keyed.key).first()
    if found is not None and found.request != keyed.digest:
        raise OtherRequest
    return found


def keep_answer(keyed: Keyed, status: int, headers: dict[str, str], body: bytes) -> None:
    """In the same transaction."""
    ApiAnswer.objects.create(
        token=keyed.token, key=keyed.key, request=keyed.digest, created_at=clock.now(), status=status, headers=headers, body=body
    )


def forget_answers(now: datetime) -> int:
    """Those whose day is over."""
    gone, _kinds = ApiAnswer.objects.filter(created_at__lte=now - KEPT_FOR).delete()
    return gone
