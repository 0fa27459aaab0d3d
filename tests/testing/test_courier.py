from __future__ import annotations

import imaplib

import pytest

from trasloco.testing.courier import Courier
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot
from trasloco.testing.wire import Wire, WireRefused


def test_every_name_is_a_fresh_mailbox_and_the_master_opens_it_in_both_ways(courier: Courier, user: str) -> None:
    with MailboxFiller(courier.host, courier.port, user, courier.password) as filler:
        assert (filler.tree.prefix, filler.tree.delimiter) == (b"INBOX.", b".")
        filler.fill(Letters(1), 100)
    name, password = courier.master
    assert Snapshot.read(courier.host, courier.port, name, password, acting_as=user).total == 100
    assert Snapshot.read(courier.host, courier.port, f"{user}*{name}", password).total == 100
    with Wire(courier.host, courier.port) as wire, pytest.raises(WireRefused, match="Login failed"):
        wire.login(user, "wrong")


def test_a_login_may_use_quotes_and_literals_and_pipeline_what_follows(courier: Courier, user: str) -> None:
    with imaplib.IMAP4(courier.host, courier.port) as connection:
        connection.login(user, courier.password)
        assert connection.select()[0] == "OK"
    with Wire(courier.host, courier.port) as wire:
        password = courier.password.encode()
        wire.send(b"a LOGIN %s {%d+}\r\n%s\r\nb NOOP\r\n" % (user.encode(), len(password), password))
        assert wire.until(b"a")[0].startswith(b"OK")
        assert wire.until(b"b")[0].startswith(b"OK")


def test_mail_survives_restart_and_kill() -> None:
    with Courier(users={"anna": "a"}) as server:
        for act in (server.restart, server.kill):
            with MailboxFiller(server.host, server.port, "anna", "a") as filler:
                filler.append(("INBOX",), [Mail(b"Subject: one\r\n\r\n", ("$Forwarded",))])
            act()
        server.start()
        snapshot = Snapshot.read(server.host, server.port, "anna", "a")
        assert [entry.flags for entry in snapshot["INBOX"]] == [{"$Forwarded"}] * 2
        with Wire(server.host, server.port) as wire, pytest.raises(WireRefused):
            wire.login("otto", "a")
