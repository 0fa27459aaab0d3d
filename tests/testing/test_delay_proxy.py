from __future__ import annotations

import imaplib
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

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


def test_a_narrow_line_gives_each_connection_its_own_pace(dovecot_source: Dovecot, fresh_user: Callable[[], str]) -> None:
    mail = Mail(b"Subject: narrow\r\n\r\n" + b"x" * 20_000 + b"\r\n")
    with DelayProxy(dovecot_source.host, dovecot_source.port, rate=40_000) as proxy:
        users = [fresh_user() for _ in range(3)]
        fillers = [MailboxFiller(proxy.host, proxy.port, user, dovecot_source.password) for user in users]
        began = time.monotonic()
        with ThreadPoolExecutor(3) as pool:
            assert list(pool.map(lambda filler: filler.append(("INBOX",), [mail] * 2), fillers)) == [2, 2, 2]
        assert time.monotonic() - began >= 0.95  # of each 40 KB, a second; one after the other would be three
        assert sum(1 for _ in proxy.links) == 3
        for filler in fillers:
            filler.__exit__(None, None, None)


def test_connections_are_counted_while_their_clients_keep_them(dovecot_source: Dovecot) -> None:
    with DelayProxy(dovecot_source.host, dovecot_source.port, listen="127.0.0.2") as proxy:
        assert proxy.host == "127.0.0.2"
        for _ in range(20):  # one goes before the next one comes, as soon as can be
            with socket.create_connection((proxy.host, proxy.port)) as line:
                line.recv(1)
        assert (proxy.connections, proxy.most) == (20, 1)
        lines = [socket.create_connection((proxy.host, proxy.port)) for _ in range(5)]
        for line in lines:
            line.recv(1)
            line.close()
        with socket.create_connection((proxy.host, proxy.port)) as line:
            line.recv(1)
            assert (proxy.open, proxy.most) == (1, 5)
            proxy.reset()
            assert proxy.most == 1
