from __future__ import annotations

import imaplib
import time

from trasloco.testing.delay_proxy import WINDOW, DelayProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mailbox_filler import Mail, MailboxFiller


def test_every_answer_comes_a_round_trip_later_and_turns_are_counted(dovecot_source: Dovecot, user: str) -> None:
    with DelayProxy(dovecot_source.host, dovecot_source.port, 0.2) as proxy:
        client = imaplib.IMAP4(proxy.host, proxy.port)  # asks for CAPABILITY by itself
        client.login(user, dovecot_source.password)
        began, turns = time.monotonic(), proxy.turns
        for _ in range(3):
            client.noop()
        assert time.monotonic() - began >= 3 * 0.2
        assert proxy.turns - turns == 3
        assert proxy.connections == 1
        client.logout()


def test_what_is_sent_in_one_go_is_one_turn_however_much_it_is(dovecot_source: Dovecot, user: str) -> None:
    with (
        DelayProxy(dovecot_source.host, dovecot_source.port, 0.1) as proxy,
        MailboxFiller(proxy.host, proxy.port, user, dovecot_source.password) as filler,
    ):
        proxy.reset()
        filler.append(("INBOX",), [Mail(b"Subject: many\r\n\r\n" + b"x" * 500 + b"\r\n")] * 200)
        assert proxy.turns <= 2
        assert proxy.bytes_up > 200 * 500


def test_more_than_a_window_passes_whole(dovecot_source: Dovecot, user: str) -> None:
    large = b"Subject: large\r\n\r\n" + b"0123456789abcdef\r\n" * (2 * WINDOW // 18)
    with DelayProxy(dovecot_source.host, dovecot_source.port, 0.05) as proxy:
        with MailboxFiller(proxy.host, proxy.port, user, dovecot_source.password) as filler:
            filler.append(("INBOX",), [Mail(large)])
        client = imaplib.IMAP4(proxy.host, proxy.port)
        client.login(user, dovecot_source.password)
        client.select("INBOX", readonly=True)
        answers = client.fetch("1", "(BODY.PEEK[])")[1]
        assert isinstance(answers[0], tuple)
        assert answers[0][1] == large
        client.logout()
