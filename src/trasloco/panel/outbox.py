"""Django's way of sending mail, ours of keeping it: a row of ``records.Mail``, sent and retried by the worker."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import get_language

from trasloco.records.mails import subject_line
from trasloco.records.models import Mail, MailKind


class Outbox(BaseEmailBackend):
    """Keeps what libraries send (password resets) until the worker has brought it away."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """A row for each message and recipient; returns how many messages there were."""
        for message in email_messages:
            for recipient in message.to:
                Mail.objects.create(
                    kind=MailKind.INVITATION,  # emptied like one once it is sent: there is a one-time link in it
                    recipient=recipient,
                    language=(get_language() or "en")[:2],
                    subject=subject_line(str(message.subject)),
                    text=str(message.body),
                    html=_html(message),
                )
        return len(email_messages)


def _html(message: EmailMessage) -> str:
    return next((str(body) for body, kind in getattr(message, "alternatives", []) if kind == "text/html"), "")
