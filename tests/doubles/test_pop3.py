"""A mailbox that can only be had by POP3, moved by the service's own way in two runs; and killed at any write of the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from tests.doubles.migration import Moving, fates, last_run
from tests.engine.test_cut_at_every_write import Stop, StoppingLedger
from trasloco.engine.account import Outcome, Settings, Side
from trasloco.engine.account_run import run_account
from trasloco.engine.failure import SideName
from trasloco.engine.fate import Tally
from trasloco.engine.ledger import Ledger
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.probe import probe
from trasloco.engine.sink import QuietSink
from trasloco.engine.verify import verify_account
from trasloco.imap.endpoint import Endpoint, Security, Speech
from trasloco.imap.sasl import Credentials
from trasloco.records.key_ring import KeyRing
from trasloco.secret import Secret
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.snapshot import Snapshot


def filler(server: Dovecot, user: str) -> MailboxFiller:
    return MailboxFiller(server.host, server.port, user, server.password)


def inbox(server: Dovecot, user: str) -> Snapshot:
    return Snapshot.read(server.host, server.port, user, server.password)


def letters(seed: str, count: int) -> list[Mail]:
    """With a line end at the end, as POP3 gives every message one."""
    return [Mail(letter.content.rstrip(b"\r\n") + b"\r\n", (), letter.date) for letter in Letters(seed).take(count)]


@pytest.mark.usefixtures("clean_database")
async def test_inbox_is_moved_in_two_runs_and_only_what_is_new_comes_in_the_second(
    ring: KeyRing, pop3_source: Dovecot, home: Dovecot, fresh_user: Callable[[], str]
) -> None:
    old, user = fresh_user(), fresh_user()
    with filler(pop3_source, old) as other:
        other.append(("INBOX",), letters("pop3", 40))
        other.create(("Sent",))
        other.append(("Sent",), letters("not by pop3", 5))
    accounts = [(user, old, pop3_source.password)]
    moving = Moving(ring, (pop3_source.host, pop3_source.pop3_port), home, accounts, "standard", speech="pop3")
    first = last_run(await moving.run())
    assert (first["status"], first["error"], fates(first)) == ("completed", None, {"copied": 40})
    (folder,) = first["folders"]
    assert (folder["source"], folder["destination"]) == ("INBOX", "INBOX")
    assert "POP3, which knows INBOX only and no flags" in folder["note"]
    here, there = inbox(pop3_source, old), moving.arrived()
    assert [entry.sha256 for entry in here["INBOX"]] == [entry.sha256 for entry in there["INBOX"]]  # in their order
    assert not any(entry.flags for entry in there["INBOX"])
    assert any(action == "pop3-source" for action, _ in await moving.log(1))
    with filler(pop3_source, old) as other:
        other.append(("INBOX",), letters("later", 6))
        other.delete(("INBOX",), [here["INBOX"][0].uid])
    second = last_run(await moving.run())
    assert (second["status"], fates(second)) == ("completed", {"copied": 6, "adopted": 39})
    digests = [entry.sha256 for entry in moving.arrived()["INBOX"]]
    now = [entry.sha256 for entry in inbox(pop3_source, old)["INBOX"]]
    assert digests == [here["INBOX"][0].sha256, *now]
    assert len(now) == 45  # what was fetched is still there


@dataclass
class Brought:
    """One mailbox by POP3, brought by the engine alone."""

    source: Dovecot
    home: Dovecot
    old: str
    user: str
    ledger: MemoryLedger = field(default_factory=MemoryLedger)

    def sides(self) -> tuple[Side, Side]:
        here = Endpoint(self.source.host, self.source.pop3_port, Security.PLAIN, speech=Speech.POP3)
        there = Endpoint(self.home.host, self.home.port, Security.PLAIN)
        return (
            Side(SideName.SOURCE, here, Credentials(self.old, Secret(self.source.password))),
            Side(SideName.DESTINATION, there, Credentials(self.user, Secret(self.home.password))),
        )

    def run(self, number: int, ledger: Ledger | None = None) -> Outcome:
        settings = replace(Settings(), batch_messages=4)
        return asyncio.run(run_account(*self.sides(), ledger or self.ledger, settings, number, QuietSink(), sleep=_no_pause))

    def stop_at(self, at: int, *, done: bool) -> bool:
        try:
            self.run(1, StoppingLedger(self.ledger, at, done=done))
        except Stop:
            return True
        return False


async def _no_pause(seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_stop_at_any_write_doubles_and_loses_nothing(
    pop3_source: Dovecot, home: Dovecot, fresh_user: Callable[[], str], done: bool
) -> None:
    old = fresh_user()
    twin = Mail(b"Message-ID: <twin@x>\r\nSubject: twin\r\n\r\nsame\r\n")
    with filler(pop3_source, old) as other:
        other.append(("INBOX",), [*letters("killed", 14), twin, twin])
    wanted = inbox(pop3_source, old).digests()
    at, stopped = 0, True
    while stopped:
        at += 1
        brought = Brought(pop3_source, home, old, fresh_user())
        stopped = brought.stop_at(at, done=done)
        assert brought.run(2).failure is None
        assert inbox(home, brought.user).digests() == wanted
        assert brought.run(3).tally == Tally(adopted=16)
    assert at > 8


def test_a_lost_ledger_is_found_again_by_the_messages(pop3_source: Dovecot, home: Dovecot, fresh_user: Callable[[], str]) -> None:
    old = fresh_user()
    with filler(pop3_source, old) as other:
        other.append(("INBOX",), letters("lost", 12))
    brought = Brought(pop3_source, home, old, fresh_user())
    assert brought.run(1).tally == Tally(copied=12)
    brought.ledger = MemoryLedger()
    assert brought.run(1).tally == Tally(adopted=12)
    verified = asyncio.run(verify_account(*brought.sides(), brought.ledger))
    assert not any(finding.verdict.bad for finding in verified.findings)
    assert any("POP3" in note for note in verified.notes)


def test_a_check_of_logins_counts_what_is_there(pop3_source: Dovecot, home: Dovecot, fresh_user: Callable[[], str]) -> None:
    old = fresh_user()
    with filler(pop3_source, old) as other:
        other.append(("INBOX",), [*letters("check", 5), Mail(b"Subject: large\r\n\r\n" + b"x" * 70 * 1000 + b"\r\n")])
    source, _ = Brought(pop3_source, home, old, "").sides()
    found = asyncio.run(probe(source, larger=60_000))
    assert (found.failure, found.folders, found.messages, found.too_large) == (None, 1, 6, 1)
    wrong = asyncio.run(probe(replace(source, credentials=Credentials(old, Secret("wrong")))))
    assert wrong.failure is not None
    assert wrong.failure.code == "login-refused"
    imap = replace(source, endpoint=replace(source.endpoint, port=pop3_source.port))
    found = asyncio.run(probe(imap))
    assert found.failure is not None
    assert "is not a POP3 server" in found.failure.words
