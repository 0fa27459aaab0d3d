from __future__ import annotations

import ssl

import pytest

from trasloco.testing.cyrus import Cyrus
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot
from trasloco.testing.wire import Wire, WireRefused


def test_every_name_is_a_fresh_mailbox_and_the_admin_opens_it(cyrus: Cyrus, user: str) -> None:
    assert cyrus.start_seconds < 0.5
    with MailboxFiller(cyrus.host, cyrus.port, user, cyrus.password) as filler:
        filler.fill(Letters(1), 100)
    name, password = cyrus.master
    snapshot = Snapshot.read(cyrus.host, cyrus.port, name, password, acting_as=user)
    assert snapshot.total == 100
    assert snapshot.roles[("Sent",)] == {"\\sent"}
    for wrong in ((user, "wrong", ""), (name, "wrong", user), (user, cyrus.password, "somebody.else@example.org")):
        with Wire(cyrus.host, cyrus.port) as wire, pytest.raises(WireRefused):
            wire.login(wrong[0], wrong[1], acting_as=wrong[2])


def test_it_is_strict_in_its_own_words(cyrus: Cyrus, user: str) -> None:
    with MailboxFiller(cyrus.host, cyrus.port, user, cyrus.password) as filler:
        words = filler.append_each(
            ("INBOX",), [Mail(b"Subject: x\r\n\r\na\0b\r\n"), Mail(b"Subject: x\n\ny\n"), Mail(b"Subject: x\r\n\r\n")]
        )
    assert words == ["NO Message contains NUL characters", "NO Message contains bare newlines", None]


def test_mail_survives_restart_and_kill() -> None:
    with Cyrus(users={"anna": "a:b"}, alternative_namespace=False, separator=".", self_signed=False) as server:
        for act in (server.restart, server.kill):
            with MailboxFiller(server.host, server.port, "anna", "a:b") as filler:
                assert (filler.tree.prefix, filler.tree.delimiter) == (b"INBOX.", b".")
                filler.create(("Büro",))
                filler.append(("Büro",), [Mail(b"Subject: one\r\n\r\n")])
            act()
        server.start()
        context = ssl.create_default_context(cafile=str(server.ca_file))
        assert len(Snapshot.read("localhost", server.tls_port, "anna", "a:b", tls=context)["Büro"]) == 2
