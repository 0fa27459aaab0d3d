"""Mails on their way to a real SMTP server: taken, put off, refused for good, and never harmful."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from trasloco.records.key_ring import KeyRing
from trasloco.secret import Secret
from trasloco.testing.certificates import Certificate
from trasloco.testing.mail_sink import MailSink

if TYPE_CHECKING:
    from trasloco.records.models import Mail

pytestmark = pytest.mark.usefixtures("clean_database")


def settings(sink: MailSink, ring: KeyRing, *, security: str = "plain", user: str = "", password: str | None = None, **more: Any) -> None:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.installation import save_installation
    from trasloco.records.models import Installation

    installation = Installation.objects.get()
    values = {"smtp_host": sink.host, "smtp_port": sink.port, "smtp_security": security, "smtp_user": user} | more
    for name, value in {"mail_from": "Trasloco Müller <trasloco@operator.example>", **values}.items():
        setattr(installation, name, value)
    save_installation(SCHEDULE, installation, None if password is None else Secret(password), ring)


def written(**more: Any) -> Mail:
    from trasloco.records.models import Mail

    values = {"kind": "test", "recipient": "anna@example.net", "subject": "A subject", "text": "Some text.\n", "html": "<p>Some text.</p>"}
    return Mail.objects.create(**values | more)


def tried(mail: Mail, ring: KeyRing) -> Mail:
    from trasloco.jobs.mail_delivery import deliver

    deliver(mail.pk, ring)
    mail.refresh_from_db()
    return mail


def test_it_arrives_as_text_and_html_in_every_script(mail_sink: MailSink, ring: KeyRing) -> None:
    settings(mail_sink, ring)
    words = "Cartella «Posta in arrivo» – 受信箱 😀 " + "x" * 2000
    mail = tried(written(subject="Migrazione perché no 😀", text=words + "\n", html=f"<p>{words}</p>"), ring)
    assert (mail.state, mail.attempts, mail.words) == ("sent", 1, "")
    assert mail.sent_at is not None
    (message,) = mail_sink.mails
    assert message["Subject"] == "Migrazione perché no 😀"
    assert message["To"] == "anna@example.net"
    assert message["From"] == "Trasloco Müller <trasloco@operator.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().strip() == words
    assert html.get_content().strip() == f"<p>{words}</p>"
    assert all(len(line) < 998 for line in message.as_bytes().splitlines())
    assert mail_sink.recipients == [["anna@example.net"]]


def test_it_is_sent_once(mail_sink: MailSink, ring: KeyRing) -> None:
    settings(mail_sink, ring)
    mail = written()
    assert tried(mail, ring).state == "sent"
    assert tried(mail, ring).attempts == 1
    assert len(mail_sink.mails) == 1


def test_a_temporary_refusal_is_kept_in_the_servers_words_and_tried_again(mail_sink: MailSink, ring: KeyRing) -> None:
    from trasloco.records.clock import now

    settings(mail_sink, ring)
    mail_sink.refuse = lambda envelope: "451 4.7.1 greylisted, come back in five minutes"
    mail = tried(written(), ring)
    assert (mail.state, mail.attempts) == ("waiting", 1)
    assert mail.words == "451 4.7.1 greylisted, come back in five minutes"
    assert mail.not_before is not None
    assert timedelta(seconds=50) < mail.not_before - now() <= timedelta(seconds=60)
    mail_sink.refuse = lambda envelope: None
    assert tried(mail, ring).state == "sent"
    ids = {message["Message-ID"] for message in mail_sink.mails}
    assert len(ids) == 1
    assert ids.pop().endswith("@operator.example>")


@pytest.mark.parametrize("where", ["recipient", "data"])
def test_an_address_that_is_not_known_is_given_up_and_shown(mail_sink: MailSink, ring: KeyRing, where: str) -> None:
    from trasloco.records.models import HistoryEntry

    settings(mail_sink, ring)
    answer = "550 5.1.1 no such user here"
    if where == "recipient":
        mail_sink.refuse_recipient = lambda address: answer
    else:
        mail_sink.refuse = lambda envelope: answer
    mail = tried(written(), ring)
    assert mail.state == "given-up"
    assert mail.words.endswith(answer)
    entry = HistoryEntry.objects.get(verb="mail-given-up")
    assert entry.subject == "anna@example.net"
    assert entry.details["words"] == mail.words


def test_what_the_operator_can_put_right_is_not_given_up(mail_sink: MailSink, ring: KeyRing) -> None:
    settings(mail_sink, ring)
    mail_sink.refuse_recipient = lambda address: "554 5.7.1 Relay access denied"
    mail = tried(written(), ring)
    assert mail.state == "waiting"
    assert "Relay access denied" in mail.words
    assert mail.not_before is not None
    settings(mail_sink, ring)  # saved anew: nothing waits for its hour
    mail.refresh_from_db()
    assert mail.not_before is None


def test_a_server_that_is_down_delays_and_after_two_days_the_mail_is_given_up(mail_sink: MailSink, ring: KeyRing) -> None:
    from trasloco.records.mails import WAITS

    settings(mail_sink, ring)
    mail_sink.stop()
    mail = written()
    waits = []
    for _ in WAITS:
        from trasloco.records.clock import now

        mail = tried(mail, ring)
        assert (mail.state, mail.words) == ("waiting", "Connection refused")
        assert mail.not_before is not None
        waits.append(round((mail.not_before - now()).total_seconds() / 60))
    assert tuple(waits) == WAITS
    assert sum(waits) >= 24 * 60
    assert tried(mail, ring).state == "given-up"


def test_down_and_back_the_worker_sends_what_is_due(mail_sink: MailSink, ring: KeyRing) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    from trasloco.jobs.mail_delivery import post_due_mails

    settings(mail_sink, ring)
    mail_sink.stop()
    mail = tried(written(), ring)
    assert mail.not_before is not None
    assert post_due_mails(mail.not_before - timedelta(seconds=1)) == 0
    mail_sink.start()
    later = mail.not_before + timedelta(seconds=1)
    assert post_due_mails(later) == 1
    assert post_due_mails(later) == 0  # it is somebody's for a while
    assert post_due_mails(later + timedelta(minutes=6)) == 1  # he died; its job is still there once
    assert ProcrastinateJob.objects.filter(task_name="trasloco.mail").count() == 1
    assert tried(mail, ring).state == "sent"


def test_without_a_mail_server_mails_wait(ring: KeyRing) -> None:
    from trasloco.jobs.mail_delivery import post_due_mails

    mail = written()
    assert post_due_mails(datetime(2050, 1, 1, tzinfo=UTC)) == 0
    mail.refresh_from_db()
    assert (mail.state, mail.not_before, mail.attempts) == ("waiting", None, 0)


def test_nothing_in_a_name_becomes_a_header_or_a_recipient(mail_sink: MailSink, ring: KeyRing) -> None:
    settings(mail_sink, ring, mail_from="Tras\r\nBcc: evil@example.com <trasloco@operator.example>")
    mail = tried(written(subject="Hello\r\nBcc: evil@example.com\r\n\r\n<b>body</b>"), ring)
    if mail.state == "sent":
        (message,) = mail_sink.mails
        assert message["Bcc"] is None
    else:
        assert mail.state == "given-up"  # the sender of the settings is no header; the form refuses it, too
    settings(mail_sink, ring)
    assert tried(written(subject="Hello\r\nBcc: evil@example.com"), ring).state == "sent"
    assert mail_sink.mails[-1]["Bcc"] is None
    assert mail_sink.mails[-1]["Subject"] == "Hello Bcc: evil@example.com"
    bad = tried(written(recipient="anna@example.net\r\nRCPT TO:<evil@example.com>"), ring)
    assert bad.state == "given-up"
    assert all(recipients == ["anna@example.net"] for recipients in mail_sink.recipients)


def test_links_that_work_once_do_not_stay(mail_sink: MailSink, ring: KeyRing) -> None:
    settings(mail_sink, ring)
    sent = tried(written(kind="invitation", text="link", html="link"), ring)
    mail_sink.refuse_recipient = lambda address: "550 5.1.1 unknown"
    given_up = tried(written(kind="invitation", text="link", html="link"), ring)
    assert [(mail.state, mail.text, mail.html) for mail in (sent, given_up)] == [("sent", "", ""), ("given-up", "", "")]


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Certificate]:
    """Of a server whose authority this machine trusts."""
    made = Certificate.make(tmp_path, self_signed=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.ca_file))
    yield made


def server_context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    return context


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # aiosmtpd does not see that the line is TLS already
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_encrypted_with_a_user_and_a_password(certificate: Certificate, ring: KeyRing, security: str) -> None:
    seen = []

    def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        seen.append((given.login, given.password))
        return AuthResult(success=given.password == 'päss"word'.encode(), handled=False)

    context = server_context(certificate)
    options: dict[str, Any] = {"ssl_context": context, "auth_require_tls": False} if security == "tls" else {"tls_context": context}
    with MailSink(authenticator=authenticator, auth_required=True, **options) as sink:
        settings(sink, ring, security=security, user="trasloco", password="wrong")
        mail = tried(written(), ring)
        assert mail.state == "waiting"
        assert "535" in mail.words
        settings(sink, ring, security=security, user="trasloco", password='päss"word')
        assert tried(mail, ring).state == "sent"
    assert seen[-1] == (b"trasloco", 'päss"word'.encode())


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_nobody_vouches_for_is_not_trusted(tmp_path: Path, ring: KeyRing, security: str) -> None:
    context = server_context(Certificate.make(tmp_path, self_signed=True))
    options: dict[str, Any] = {"ssl_context": context} if security == "tls" else {"tls_context": context}
    with MailSink(**options) as sink:
        settings(sink, ring, security=security)
        mail = tried(written(), ring)
        assert mail.state == "waiting"
        assert "certificate" in mail.words.lower()
        assert sink.mails == []


def test_a_server_without_starttls_gets_no_mail_in_the_clear(mail_sink: MailSink, ring: KeyRing) -> None:
    settings(mail_sink, ring, security="starttls")
    mail = tried(written(), ring)
    assert mail.state == "waiting"
    assert "STARTTLS" in mail.words
    assert mail_sink.mails == []
