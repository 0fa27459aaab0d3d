"""A real SMTP server on loopback that keeps what it is given, and refuses on demand.

    with MailSink() as sink:
        ...
        message = sink.wait(lambda mail: mail["Subject"].startswith("Invitation"))

Runs in a thread of this process (aiosmtpd). ``refuse`` is asked before a message is taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from trasloco.testing.free_ports import free_ports

Refusal = Callable[[Envelope], str | None]


class MailSink:
    """host, port: where it listens, the same after ``stop()`` and ``start()``. mails: what was taken, oldest first.

    refuse: given the envelope, returns the answer to DATA that refuses it ("550 5.1.1 no such user"), or None to take it.
    refuse_recipient: given an address, the same for RCPT. options: of aiosmtpd's ``SMTP`` (``tls_context``, ``authenticator``);
    ``ssl_context`` speaks TLS from the start.
    """

    host = "127.0.0.1"

    def __init__(self, refuse: Refusal = lambda envelope: None, **options: Any) -> None:
        self.refuse = refuse
        self.refuse_recipient: Callable[[str], str | None] = lambda address: None
        self._options = options
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.port = free_ports(1)[0]
        self._controller: Controller | None = None

    def start(self) -> Self:
        self._controller = Controller(self, hostname=self.host, port=self.port, **self._options)
        self._controller.start()
        return self

    def stop(self) -> None:
        """Nobody listens any more; what was taken stays. May be called twice."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def wait(self, wanted: Callable[[EmailMessage], bool] = lambda mail: True, seconds: float = 60.0) -> EmailMessage:
        """The newest message that is wanted, as soon as there is one. Raises TimeoutError, naming the subjects there are."""
        until = time.monotonic() + seconds
        while True:
            found: EmailMessage | None = next(filter(wanted, reversed(self.mails)), None)
            if found is not None:
                return found
            if time.monotonic() > until:
                raise TimeoutError(f"no such mail after {seconds:.0f} s; there are: {[str(mail['Subject']) for mail in self.mails]}")
            time.sleep(0.1)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        answer = self.refuse_recipient(address)
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self.refuse(envelope)
        if answer is not None:
            return answer
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        self.mails.append(message_from_bytes(content, _class=EmailMessage, policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 2.0.0 kept"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
