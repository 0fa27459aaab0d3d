"""Bringing mails away, by the installation's mail server. One that is not taken is tried again for two days; no run waits for it."""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from trasloco.jobs.errands import MAIL, enqueue
from trasloco.records.actions import clean
from trasloco.records.history import SCHEDULE, note
from trasloco.records.installation import smtp_password
from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.models import Installation, Mail, MailKind, MailSecurity, MailState

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # of one try; a worker that dies in it delays the mail by that much
WAITS = (1, 5, 15, 60, 180, 360, 720, 1440)  # minutes after each try that failed; then it is given up
TIMEOUT = 30


def post_due_mails() -> int:
    """Enqueue the mails that are due; returns how many. Without a mail server they wait, and are shown as waiting."""
    if not Installation.objects.get().smtp_host:
        return 0
    now = timezone.now()
    due = Mail.objects.filter(Q(not_before=None) | Q(not_before__lte=now), state=MailState.WAITING).order_by("pk")
    count = 0
    for pk in list(due.values_list("pk", flat=True)[:50]):
        with transaction.atomic():
            mine = Mail.objects.filter(pk=pk, state=MailState.WAITING).filter(Q(not_before=None) | Q(not_before__lte=now))
            if mine.update(not_before=now + LEASE):
                enqueue(MAIL, f"mail-{pk}", mail_id=pk)
                count += 1
    return count


def deliver(mail_id: int, ring: KeyRing) -> None:
    """One try. What the mail server says is kept in its words."""
    mail = Mail.objects.filter(pk=mail_id, state=MailState.WAITING).first()
    if mail is None:
        return
    try:
        _send(mail, Installation.objects.get(), ring)
    except (smtplib.SMTPException, OSError, KeyProblem, ValueError) as error:
        _put_off(mail, _words(error), final=isinstance(error, smtplib.SMTPRecipientsRefused) and _refused_for_good(error))
        return
    emptied = {"text": "", "html": ""} if mail.kind == MailKind.INVITATION else {}
    Mail.objects.filter(pk=mail.pk).update(state=MailState.SENT, sent_at=timezone.now(), attempts=mail.attempts + 1, words="", **emptied)


def _send(mail: Mail, installation: Installation, ring: KeyRing) -> None:
    secret = smtp_password(installation, ring)
    backend = EmailBackend(
        host=installation.smtp_host,
        port=installation.smtp_port,
        username=installation.smtp_user,
        password=secret.reveal() if secret else "",
        use_tls=installation.smtp_security == MailSecurity.STARTTLS,
        use_ssl=installation.smtp_security == MailSecurity.TLS,
        timeout=TIMEOUT,
    )
    message = EmailMultiAlternatives(mail.subject, mail.text, installation.mail_from or None, [mail.recipient], connection=backend)
    message.extra_headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    message.send()


def _put_off(mail: Mail, words: str, *, final: bool) -> None:
    attempts = mail.attempts + 1
    log.warning("mail %s to %s could not be sent: %s", mail.pk, mail.recipient, words)
    if final or attempts > len(WAITS):
        with transaction.atomic():
            Mail.objects.filter(pk=mail.pk).update(state=MailState.GIVEN_UP, attempts=attempts, words=words)
            note(SCHEDULE, "mail-given-up", mail.recipient, customer=mail.customer, migration=mail.migration, words=words)
        return
    pause = timedelta(minutes=WAITS[attempts - 1])
    Mail.objects.filter(pk=mail.pk).update(attempts=attempts, words=words, not_before=timezone.now() + pause)


def _refused_for_good(error: smtplib.SMTPRecipientsRefused) -> bool:
    return all(code >= 500 for code, _ in error.recipients.values())


def _words(error: Exception) -> str:
    """What the server said, or the system; never a traceback."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{address}: {code} {_text(text)}" for address, (code, text) in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return clean(str(error)) or type(error).__name__


def _text(said: bytes | str) -> str:
    return clean(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)
