"""A mail on its way: whose turn it is, what became of the try. Every write, as a verb.

Waiting -> sent or given up, by conditional updates that name the number of the try: of two workers that come to the
same mail one sends it, and one whose try took too long writes nothing over a later one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from trasloco.records import clock
from trasloco.records.actions import clean
from trasloco.records.history import SCHEDULE, note
from trasloco.records.models import Mail, MailKind, MailState

LEASE = timedelta(minutes=5)  # of one try; a worker that dies in it delays the mail by that much
WAITS = (1, 5, 15, 60, 180, 360, 720, 1440)  # minutes after each try that failed; then it is given up
LONGEST_SUBJECT = 200
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Try:
    """A mail that is ours to bring away now. number: of the try, from 1."""

    mail: Mail
    number: int


def subject_line(words: str) -> str:
    """Words as a subject: one line, of a length that a list can show. Nothing in a name makes a header of its own."""
    line = " ".join(clean(words).split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1].rstrip() + "…"


def due_mails(now: datetime | None = None) -> list[int]:
    """The ids of those to be sent now, oldest first, a bounded number; each is somebody's for a while from now on."""
    moment = now or clock.now()
    taken = []
    for pk in list(_due(moment).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        if _due(moment).filter(pk=pk).update(not_before=moment + LEASE):
            taken.append(pk)
    return taken


def begin_try(mail_id: int) -> Try | None:
    """Count a try and take it; None when it was sent or given up meanwhile, or another worker is quicker."""
    mail = Mail.objects.filter(pk=mail_id, state=MailState.WAITING).first()
    if mail is None:
        return None
    taken = Mail.objects.filter(pk=mail_id, state=MailState.WAITING, attempts=mail.attempts)
    if not taken.update(attempts=F("attempts") + 1, not_before=clock.now() + LEASE):
        return None
    return Try(mail, mail.attempts + 1)


def mark_sent(tried: Try) -> None:
    """It was taken by the mail server."""
    _mine(tried).update(state=MailState.SENT, sent_at=timezone.now(), not_before=None, words="", **_emptied(tried.mail))


def put_off(tried: Try, words: str) -> datetime | None:
    """It was not; words: what the server said. Returns when it is tried again, None when that was the last time."""
    if tried.number > len(WAITS):
        give_up(tried, words)
        return None
    again = clock.now() + timedelta(minutes=WAITS[tried.number - 1])
    _mine(tried).update(words=words, not_before=again)
    return again


def give_up(tried: Try, words: str) -> None:
    """It will never be taken, or was tried long enough: shown as such, and in the history."""
    mail = tried.mail
    with transaction.atomic():
        if _mine(tried).update(state=MailState.GIVEN_UP, words=words, not_before=None, **_emptied(mail)):
            note(SCHEDULE, "mail-given-up", mail.recipient, customer=mail.customer, migration=mail.migration, words=words)


def send_waiting_now() -> int:
    """What waits for its next try is tried at once: somebody has put the mail settings right. Returns how many."""
    return Mail.objects.filter(state=MailState.WAITING).exclude(not_before=None).update(not_before=None)


def _due(now: datetime) -> QuerySet[Mail]:
    return Mail.objects.filter(Q(not_before=None) | Q(not_before__lte=now), state=MailState.WAITING)


def _mine(tried: Try) -> QuerySet[Mail]:
    return Mail.objects.filter(pk=tried.mail.pk, state=MailState.WAITING, attempts=tried.number)


def _emptied(mail: Mail) -> dict[str, str]:
    """Invitations and resets hold a one-time link: of no use to anybody any more."""
    return {"text": "", "html": ""} if mail.kind == MailKind.INVITATION else {}
