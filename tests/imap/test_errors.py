from __future__ import annotations

import pytest

from trasloco.imap import errors
from trasloco.imap.values import Kind, StatusText

BYE = StatusText(Kind.BYE, words="Too many connections")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.ConnectFailed("refused", "10.0.0.1 port 143"), "the port is closed (10.0.0.1 port 143)"),
        (errors.ConnectFailed("timeout", ""), "no answer to the attempt to connect"),
        (
            errors.TlsFailed("expired", "certificate has expired"),
            "the certificate has expired or is not valid yet (certificate has expired)",
        ),
        (errors.NotImap("SSH-2.0"), "what answers there is not an IMAP server; it began with: SSH-2.0"),
        (errors.ConnectionLost("LOGIN", BYE), "the connection was closed during LOGIN; the server said: Too many connections"),
        (errors.ConnectionLost("", None, "reset by peer"), "the connection was closed (reset by peer)"),
        (errors.DeadlineExceeded("tls", 30, "the TLS handshake"), "no answer within 30 seconds during the TLS handshake (deadline: tls)"),
        (errors.LimitExceeded("line", "too long"), "too long (limit: line)"),
        (errors.ProtocolViolation("no"), "no"),
        (errors.LoginImpossible("no way"), "no way"),
        (errors.CommandFailed(StatusText(Kind.NO, "OVERQUOTA", b"", "full"), "APPEND INBOX"), "APPEND INBOX: NO [OVERQUOTA] full"),
        (errors.LoginRefused(StatusText(Kind.BAD, words="what?"), "LOGIN"), "LOGIN: BAD what?"),
    ],
)
def test_each_says_what_happened(error: errors.ImapError, text: str) -> None:
    assert str(error) == text
    assert isinstance(error, errors.ImapError)
