from __future__ import annotations

import asyncio
import imaplib
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trasloco.testing.dovecot import STANDARD_MAILBOXES, Dovecot
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.server import ServerFailed
from trasloco.testing.snapshot import Snapshot
from trasloco.testing.wire import Wire, WireRefused

LETTER = Mail(b"Subject: one\r\n\r\nbody\r\n")


def processes_of(server: Dovecot) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if str(server.directory) in (entry / "cmdline").read_text() or (entry / "cwd").readlink().is_relative_to(server.directory):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def test_every_name_is_a_fresh_mailbox_behind_one_password(dovecot_source: Dovecot, user: str) -> None:
    assert dovecot_source.start_seconds < 0.5
    snapshot = Snapshot.read(dovecot_source.host, dovecot_source.port, user, dovecot_source.password)
    assert snapshot.total == 0
    assert snapshot.roles[("Sent",)] == {"\\sent"}
    with Wire(dovecot_source.host, dovecot_source.port) as wire, pytest.raises(WireRefused, match="AUTHENTICATIONFAILED"):
        wire.login(user, "wrong")


def test_a_master_user_opens_any_mailbox_in_both_ways(dovecot_source: Dovecot, user: str) -> None:
    assert dovecot_source.master is not None
    name, password = dovecot_source.master
    with MailboxFiller(dovecot_source.host, dovecot_source.port, f"{user}*{name}", password) as filler:
        filler.append(("INBOX",), [LETTER])
    assert Snapshot.read(dovecot_source.host, dovecot_source.port, name, password, acting_as=user).total == 1


def test_with_a_list_of_users_no_others_exist() -> None:
    users = {"anna@example.org": 'with:colon;"and quote', "otto": "ünïcode {SHA}x"}
    with Dovecot(users=users, master=("m", "m")) as server:
        for name, password in users.items():
            assert Snapshot.read(server.host, server.port, name, password).total == 0
        for name, password, acting_as in (("anna@example.org", "wrong", ""), ("fritz", "m", ""), ("m", "m", "fritz")):
            with Wire(server.host, server.port) as wire, pytest.raises(WireRefused, match="FAILED"):
                wire.login(name, password, acting_as=acting_as)


def test_mail_survives_restart_and_kill() -> None:
    with Dovecot() as server:
        ports = server.port, server.tls_port
        for act in (server.restart, server.kill):
            with MailboxFiller(server.host, server.port, "anna", server.password) as filler:
                filler.append(("INBOX",), [LETTER])
            act()
        assert not processes_of(server)
        server.start()
        assert (server.port, server.tls_port) == ports
        assert Snapshot.read(server.host, server.port, "anna", server.password).total == 2
        assert "Login: user=<anna>" in server.log()
    assert not processes_of(server)
    assert not server.directory.exists()


def test_the_certificate_verifies_with_its_authority_only() -> None:
    with Dovecot(self_signed=False) as server:
        trusting = ssl.create_default_context(cafile=str(server.ca_file))
        with Wire("localhost", server.tls_port, tls=trusting) as wire:
            wire.login("anna", server.password)
        with imaplib.IMAP4(server.host, server.port) as plain:
            plain.starttls(trusting)
            plain.login("anna", server.password)
        with pytest.raises(ssl.SSLCertVerificationError):
            Wire("localhost", server.tls_port, tls=ssl.create_default_context())


@pytest.mark.parametrize(
    ("storage", "layout", "separator", "prefix"),
    [("maildir", "maildir++", None, ""), ("maildir", "fs", None, ""), ("sdbox", "fs", ".", "INBOX."), ("mdbox", "fs", "^", "")],
)
def test_storage_delimiter_and_prefix(storage: str, layout: str, separator: str | None, prefix: str) -> None:
    options = {"storage": storage, "layout": layout, "separator": separator, "prefix": prefix}
    with Dovecot(**options, special_use=STANDARD_MAILBOXES) as server:  # type: ignore[arg-type]
        with MailboxFiller(server.host, server.port, "anna", server.password) as filler:
            assert filler.tree.delimiter.decode() == separator or "./"["fs" in (layout, *([] if storage == "maildir" else ["fs"]))]
            assert filler.tree.prefix.decode() == prefix
            filler.create(("Büro", "R&D"))
            filler.append(("Büro", "R&D"), [LETTER])
        assert len(Snapshot.read(server.host, server.port, "anna", server.password)["Büro/R&D"]) == 1


def test_quota_is_enforced_with_words() -> None:
    with Dovecot(quota=20_000) as server, MailboxFiller(server.host, server.port, "anna", server.password) as filler:
        assert filler.append_each(("INBOX",), [LETTER]) == [None]
        with pytest.raises(WireRefused, match="OVERQUOTA"):
            filler.append(("INBOX",), [Mail(b"x" * 30_000)])


def test_a_server_that_cannot_start_says_why() -> None:
    server = Dovecot(extra="no_such_setting = 1")
    with pytest.raises(ServerFailed, match="no_such_setting"):
        server.start()
    server.stop()


async def test_it_opens_in_a_coroutine() -> None:
    async with Dovecot() as server:
        _, writer = await asyncio.open_connection(server.host, server.port)
        writer.close()
        await writer.wait_closed()


def test_it_ends_when_its_starter_is_killed() -> None:
    script = (
        "import time\nfrom trasloco.testing.dovecot import Dovecot\ns = Dovecot().start()\nprint(s.directory, flush=True)\ntime.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    server = Dovecot.__new__(Dovecot)
    server.directory = Path(starter.stdout.readline().strip())
    assert processes_of(server)
    starter.kill()
    starter.communicate()
    end = time.monotonic() + 5
    while processes_of(server) and time.monotonic() < end:
        time.sleep(0.05)
    assert not processes_of(server)
