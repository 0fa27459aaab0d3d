"""Two customers, three workers of which one is killed and one drained: no cap is exceeded as the servers see it, and the few accounts of
the one do not wait behind the many of the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trasloco.testing.cutting_proxy import CuttingProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.fleet import Fleet
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.planned_migration import Order
from trasloco.testing.snapshot import Snapshot

DEADLINE = 500.0
CONNECTIONS = 4
LARGE_ACCOUNTS, SMALL_ACCOUNTS = 40, 3

BEGUN = """
SELECT c.name FROM trasloco_transfer t JOIN trasloco_run r ON r.id = t.run_id JOIN trasloco_migration m ON m.id = r.migration_id
JOIN trasloco_customer c ON c.id = m.customer_id WHERE t.admitted_at > %s ORDER BY t.admitted_at
"""
UNFINISHED = "SELECT count(*) FROM trasloco_run WHERE status <> 'completed'"
COMPLETED = "SELECT count(*) FROM trasloco_transfer WHERE status = 'completed'"


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with Fleet(tmp_path) as running:
        yield running


class Mailboxes:
    """So many of one domain, filled on the source."""

    def __init__(self, domain: str, count: int, source: Dovecot, destination: Dovecot) -> None:
        self.names = [f"u{number}@{domain}" for number in range(count)]
        self._source, self._destination = source, destination
        for name in self.names:
            with MailboxFiller(source.host, source.port, name, source.password) as filler:
                filler.fill(Letters(name), 6, (("INBOX",), ("Sent",)))

    def order(self, customer: str, source: CuttingProxy, destination: CuttingProxy, installation: dict[str, Any] | None = None) -> Order:
        assert self._destination.master is not None
        return Order(
            accounts=[(name, name, self._source.password) for name in self.names],
            source=(source.host, source.port),
            destination=(destination.host, destination.port),
            customer=customer,
            master=self._destination.master,
            second_minutes=None,
            installation=installation,
        )

    def assert_same_on_both(self) -> None:
        assert self._destination.master is not None
        master, password = self._destination.master
        for name in self.names:
            here = Snapshot.read(self._source.host, self._source.port, name, self._source.password)
            there = Snapshot.read(self._destination.host, self._destination.port, f"{name}*{master}", password)
            assert there.messages() == here.messages(), name


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_caps_hold_at_the_servers_and_the_small_customer_does_not_wait(
    fleet: Fleet, dovecot_source: Dovecot, dovecot_destination: Dovecot
) -> None:
    many = [Mailboxes(f"many{number}.example", LARGE_ACCOUNTS // 2, dovecot_source, dovecot_destination) for number in (1, 2)]
    few = Mailboxes("few.example", SMALL_ACCOUNTS, dovecot_source, dovecot_destination)
    with (
        CuttingProxy(dovecot_source.host, dovecot_source.port) as source,
        CuttingProxy(dovecot_destination.host, dovecot_destination.port) as destination,
    ):
        caps = {"source_connections": CONNECTIONS, "destination_connections": CONNECTIONS, "all_transfers": CONNECTIONS}
        for mailboxes in many:
            fleet.plan(mailboxes.order("Large", source, destination, installation=caps))
        workers = [fleet.start("--concurrency", "4") for _ in range(3)]
        came, deadline = None, time.monotonic() + DEADLINE
        while came is None or fleet.ask(UNFINISHED) != [(0,)]:
            assert time.monotonic() < deadline, "\n".join(worker.log[-1500:] for worker in workers)
            most = (source.seen.most_open, destination.seen.most_open)
            assert max(most) <= CONNECTIONS, most
            done = fleet.ask(COMPLETED)[0][0]
            if came is None and done >= 4:
                fleet.plan(few.order("Small", source, destination))
                came = fleet.ask("SELECT max(created_at) FROM trasloco_run")[0][0]
            if done >= 12 and workers[0].process.poll() is None:
                workers[0].kill()
            if done >= 20 and workers[1].process.poll() is None:
                assert workers[1].drain()[0] == 0
    assert min(most) > 1, "several at once, else nothing was tried"
    begun = [name for (name,) in fleet.ask(BEGUN, came)]
    # Others go on until the dispatcher has seen their run, and while what is under way ends; most of what waited waits on.
    last = len(begun) - begun[::-1].index("Small")
    assert last <= SMALL_ACCOUNTS + 3 * CONNECTIONS, begun
    for mailboxes in (*many, few):
        mailboxes.assert_same_on_both()
