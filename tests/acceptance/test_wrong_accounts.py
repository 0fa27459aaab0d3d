"""What is wrong with one account is said of that account, clearly, and the others go through."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import Trasloco
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller


@pytest.fixture
def not_imap() -> Iterator[int]:
    """A port where something speaks, and it is not IMAP."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_each_account_has_its_own_words_and_the_others_go_through(
    trasloco: Trasloco, destination: Dovecot, not_imap: int, closed_port: int
) -> None:
    with Dovecot(users={"good": "right", "bad": "right"}) as source:
        with MailboxFiller(source.host, source.port, "good", "right") as filler:
            filler.fill(Letters("good"), 20)
        rows = [
            ("good@new.example", f"{source.host}:{source.port}", "good", "right"),
            ("bad@new.example", f"{source.host}:{source.port}", "bad", "wr0ng-secret"),
            ("nohost@new.example", "no-such-host.invalid", "x1", "wr0ng-secret"),
            ("closed@new.example", f"127.0.0.1:{closed_port}", "x2", "wr0ng-secret"),
            ("notimap@new.example", f"127.0.0.1:{not_imap}", "x3", "wr0ng-secret"),
        ]
        report = trasloco.migrate(rows, destination, expect=1)
    errors = {account["destination"]: account["runs"][-1]["error"] for account in report["accounts"]}
    statuses = {account["destination"]: account["runs"][-1]["status"] for account in report["accounts"]}
    assert statuses.pop("good@new.example") == "completed"
    assert set(statuses.values()) == {"failed"}
    assert errors["good@new.example"] is None
    assert "could not sign in" in errors["bad@new.example"]
    assert "no-such-host.invalid" in errors["nohost@new.example"]
    assert str(closed_port) in errors["closed@new.example"]
    assert "not an IMAP server" in errors["notimap@new.example"]
    assert len(set(errors.values())) == len(errors)
    assert "wr0ng-secret" not in str(report)


def test_a_certificate_that_does_not_verify_stops_its_account_only(trasloco: Trasloco, destination: Dovecot) -> None:
    with Dovecot() as untrusted, Dovecot(self_signed=False) as trusted:
        trasloco.environment["SSL_CERT_FILE"] = str(trusted.ca_file)
        for server in (untrusted, trusted):
            with MailboxFiller(server.host, server.port, "anna", server.password) as filler:
                filler.fill(Letters("tls"), 10)
        rows = [
            ("untrusted@new.example", f"127.0.0.1:{untrusted.tls_port}", "anna", untrusted.password),
            ("trusted@new.example", f"127.0.0.1:{trusted.tls_port}", "anna", trusted.password),
        ]
        words = ("--source-tls", "verify", "--destination-tls", "off")
        report = trasloco.migrate(rows, destination, *words, expect=1)
        failed, well = (account["runs"][-1] for account in report["accounts"])
        assert failed["status"] == "failed"
        assert "certificate" in failed["error"]
        assert "--tls pin" in failed["error"]
        assert well["status"] == "completed"

        pinned = trasloco.migrate(rows, destination, "--source-tls", "pin", "--destination-tls", "off")
        assert [account["runs"][-1]["status"] for account in pinned["accounts"]] == ["completed", "completed"]


def test_a_server_that_says_nothing_is_given_up_soon_and_the_others_go_through(
    trasloco: Trasloco, source: Dovecot, destination: Dovecot
) -> None:
    """An HTTP server, or a TLS port spoken to in plain text: it waits for us to begin."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with MailboxFiller(source.host, source.port, "beside-silence", source.password) as filler:
            filler.fill(Letters("silence"), 10)
        rows = [
            ("silent@new.example", f"127.0.0.1:{silent.getsockname()[1]}", "x", "wr0ng-secret"),
            ("good@new.example", f"{source.host}:{source.port}", "beside-silence", source.password),
        ]
        began = time.monotonic()
        report = trasloco.migrate(rows, destination, expect=1)
        assert time.monotonic() - began < 120
    failed, well = (account["runs"][-1] for account in report["accounts"])
    assert "Perhaps this port speaks TLS" in failed["error"]
    assert well["status"] == "completed"
