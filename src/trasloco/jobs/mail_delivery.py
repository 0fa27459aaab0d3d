"""Bringing mails away, by the installation's mail server. One that is not taken is tried again for two days; no run waits for it."""

from __future__ import annotations

import logging
import re
import smtplib
from datetime import datetime
from email.utils import parseaddr

from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from trasloco.jobs.errands import MAIL, enqueue
from trasloco.jobs.smtp_backend import SmtpBackend
from trasloco.records.actions import clean
from trasloco.records.installation import smtp_password
from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.mails import begin_try, due_mails, give_up, mark_sent, put_off, subject_line
from trasloco.records.models import Installation, Mail, MailSecurity

log = logging.getLogger(__name__)

TIMEOUT = 30


def post_due_mails(now: datetime | None = None) -> int:
    """Enqueue the mails that are due; returns how many. Without a mail server they wait, and are shown as waiting."""
    if not Installation.objects.get().smtp_host:
        return 0
    with transaction.atomic():
        due = due_mails(now)
        for pk in due:
            enqueue(MAIL, f"mail-{pk}", mail_id=pk)
    return len(due)


def deliver(mail_id: int, ring: KeyRing) -> None:
    """One try. What the mail server says is kept in its words."""
    tried = begin_try(mail_id)
    if tried is None:
        return
    mail = tried.mail
    try:
        _send(mail, Installation.objects.get(), ring)
    except (smtplib.SMTPException, OSError, KeyProblem, ValueError) as error:
        words = _words(error)
        if _for_good(error):
            give_up(tried, words)
            log.warning("mail %s to %s is given up: %s", mail.pk, mail.recipient, words)
            return
        again = put_off(tried, words)
        when = f"it is tried again at {again:%Y-%m-%dT%H:%M:%SZ}" if again else "it is given up"
        log.warning("mail %s to %s could not be sent, %s: %s", mail.pk, mail.recipient, when, words)
        return
    mark_sent(tried)
    log.info("mail %s (%s) was sent to %s", mail.pk, mail.kind, mail.recipient)


def _send(mail: Mail, installation: Installation, ring: KeyRing) -> None:
    secret = smtp_password(installation, ring)
    backend = SmtpBackend(
        host=installation.smtp_host,
        port=installation.smtp_port,
        username=installation.smtp_user,
        password=secret.reveal() if secret else "",
        use_tls=installation.smtp_security == MailSecurity.STARTTLS,
        use_ssl=installation.smtp_security == MailSecurity.TLS,
        timeout=TIMEOUT,
    )
    sender = installation.mail_from or f"Trasloco <trasloco@{installation.smtp_host}>"
    message = EmailMultiAlternatives(subject_line(mail.subject), mail.text, sender, [mail.recipient], connection=backend)
    message.extra_headers = {
        "Auto-Submitted": "auto-generated",  # RFC 3834 section 5
        "X-Auto-Response-Suppress": "All",
        # The same at each try: a mail that came twice, because we died after sending it, can be seen as one.
        "Message-ID": f"<trasloco.{mail.pk}.{mail.created_at:%Y%m%d%H%M%S%f}@{_domain_of(sender)}>",
    }
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    try:
        message.send()
    finally:
        backend.close()


def _domain_of(sender: str) -> str:
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return domain if re.fullmatch(r"[A-Za-z0-9.-]+", domain) else "trasloco.invalid"


def _for_good(error: Exception) -> bool:
    """Is there no use in trying again? Not for a refusal by policy (5.7.x: relaying, a sign-in): settings can be put right."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(_refused_for_good(*answer) for answer in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return _refused_for_good(error.smtp_code, error.smtp_error)
    return isinstance(error, ValueError) and not isinstance(error, OSError)  # an address or header that is none


def _refused_for_good(code: int, said: bytes | str) -> bool:
    return code >= 500 and not re.search(r"\b5\.7\.\d|relay|authenticat", _text(said), re.IGNORECASE)


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
