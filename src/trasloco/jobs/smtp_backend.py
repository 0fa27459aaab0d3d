"""Django's way to a mail server, with what it lacks: a name or password that is not ASCII, and an end to half-open lines."""

from __future__ import annotations

import base64
import contextlib
import smtplib

from django.core.mail.backends.smtp import EmailBackend


class _Utf8Login(smtplib.SMTP):
    """``smtplib`` encodes what it signs in with as ASCII; SASL PLAIN is UTF-8 (RFC 4616 section 2)."""

    def login(self, user: str, password: str, *, initial_response_ok: bool = True) -> tuple[int, bytes]:
        if user.isascii() and password.isascii():
            return super().login(user, password, initial_response_ok=initial_response_ok)
        self.ehlo_or_helo_if_needed()
        response = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
        code, said = self.docmd("AUTH", f"PLAIN {response}")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, said)
        return code, said


class _Utf8LoginSsl(_Utf8Login, smtplib.SMTP_SSL):
    """The same, with TLS from the start."""


class SmtpBackend(EmailBackend):
    """See the module; ``close()`` it whatever happened."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _Utf8LoginSsl if self.use_ssl else _Utf8Login

    def close(self) -> None:
        """Where opening failed half-way Django leaves the socket open; a server that has gone need not be told good-bye."""
        connection = self.connection
        with contextlib.suppress(smtplib.SMTPException, OSError):
            super().close()
        if connection is not None:
            connection.close()
