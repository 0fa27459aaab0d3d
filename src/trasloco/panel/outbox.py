"""Django's way of sending mail, ours of keeping it: a row of ``records.Mail``, sent and retried by the worker."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import get_language

from trasloco.records.models import Mail, MailKind


class Outbox(BaseEmailBackend):
    """Keeps what libraries send (password resets) until the worker has brought it away."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            html = next((str(body) for body, kind in getattr(message, "alternatives", []) if kind == "text/html"), "")
            for recipient in message.to if isinstance(message, EmailMultiAlternatives | EmailMessage) else []:
                Mail.objects.create(
                    kind=MailKind.INVITATION,
                    recipient=recipient,
                    language=(get_language() or "en")[:2],
                    subject=str(message.subject),
                    text=str(message.body),
                    html=html,
                )
        return len(email_messages)
