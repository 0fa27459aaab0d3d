"""The SMTP sink keeps, refuses, goes away and comes back."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import pytest

from trasloco.testing.mail_sink import MailSink


def _letter(subject: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@example.net", "b@example.net", subject
    letter.set_content("Grüße")
    return letter


def _send(sink: MailSink, subject: str) -> None:
    with smtplib.SMTP(sink.host, sink.port) as line:
        line.send_message(_letter(subject))


def test_what_it_took_can_be_waited_for(mail_sink: MailSink) -> None:
    _send(mail_sink, "erste")
    _send(mail_sink, "zweite")
    assert mail_sink.wait(lambda mail: mail["Subject"] == "erste").get_content().strip() == "Grüße"
    assert mail_sink.recipients == [["b@example.net"]] * 2
    with pytest.raises(TimeoutError, match="erste"):
        mail_sink.wait(lambda mail: False, seconds=0.1)


def test_it_refuses_on_demand_and_comes_back_on_the_same_port(mail_sink: MailSink) -> None:
    mail_sink.refuse = lambda envelope: "451 4.7.1 later"
    with pytest.raises(smtplib.SMTPDataError):
        _send(mail_sink, "dritte")
    mail_sink.stop()
    with pytest.raises(OSError):
        _send(mail_sink, "vierte")
    mail_sink.refuse = lambda envelope: None
    mail_sink.start()
    _send(mail_sink, "fünfte")
    assert [str(mail["Subject"]) for mail in mail_sink.mails] == ["fünfte"]
