"""Two Dovecots behind cutting proxies, and an account with a small mailbox of several folders."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import cast

import pytest

from trasloco.engine.account import Outcome
from trasloco.engine.ledger import Ledger
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.meanwhile import MeanwhileLedger
from trasloco.testing.rehearsal import FAULTLESS, Line, Rehearsal, Verdict, lines
from trasloco.testing.wire_killer import Killer

FOLDERS = (("INBOX",), ("Büro",), ("Büro", "Verträge"))
TWIN = Mail(b"Message-ID: <twin@x>\r\nSubject: twin\r\n\r\nsame\r\n", date=datetime(2020, 2, 29, 12, tzinfo=UTC))
FOREIGN = Mail(b"Message-ID: <foreign@x>\r\nSubject: delivered here\r\n\r\n")
OF_OTHERS = Counter({hashlib.sha256(FOREIGN.content).hexdigest(): 1})


@pytest.fixture(scope="session")
def fault_lines(dovecot_source: Dovecot, dovecot_destination: Dovecot) -> Iterator[tuple[Line, ...]]:
    """Both standard Dovecots, each behind a proxy."""
    with lines(dovecot_source, dovecot_destination) as both:
        yield both


@pytest.fixture
def account(fault_lines: tuple[Line, ...], fresh_user: Callable[[], str]) -> Rehearsal:
    """Mail on the source; a twin of one of its messages, and one that is nobody's, on the destination."""
    source, destination = fault_lines
    rehearsal = Rehearsal(source, destination, fresh_user())
    rehearsal.clear()
    fill(rehearsal)
    return rehearsal


def fill(account: Rehearsal, count: int = 14) -> None:
    """A few letters over three folders, twins among them; a twin and a stranger on the destination."""
    with account.source.filler(account.user) as filler:
        filler.fill(Letters("faults"), count, FOLDERS)
        filler.append(("INBOX",), [TWIN, TWIN])
    with account.destination.filler(account.user) as filler:
        filler.append(("INBOX",), [TWIN, FOREIGN])


def settled(account: Rehearsal, number: int = 2, foreign: Counter[str] = OF_OTHERS, verdict: Verdict = FAULTLESS) -> None:
    """All is there as it should be; one more run completes, and yet one more changes nothing at all."""
    account.clear()
    assert account.verdict(foreign) == verdict
    outcome = account.run(number)
    assert outcome.failure is None
    before = account.destination.snapshot(account.user)
    assert account.verdict(foreign) == verdict
    assert account.run(number + 1).failure is None
    assert account.destination.snapshot(account.user) == before


def meanwhile(account: Rehearsal, verb: str, at: int, what: Callable[[], object], number: int = 1) -> Outcome:
    """A run in which ``what`` happens before the ``at``-th call of that verb of the ledger."""
    inner = account.ledger
    account.ledger = cast(Ledger, MeanwhileLedger(inner, verb, at, what))
    try:
        outcome = account.run(number)
        assert cast(MeanwhileLedger, account.ledger).calls >= at
    finally:
        account.ledger = inner
    return outcome


def recreate(account: Rehearsal, side: str, path: tuple[str, ...]) -> None:
    """The same messages in a new folder of the same name: another UIDVALIDITY, other UIDs.

    The new one is filled before it gets its name: while others have the old one open, Dovecot takes the new one of its
    name for deleted.
    """
    line: Line = getattr(account, side)
    with line.filler(account.user) as filler:
        if path not in line.snapshot(account.user).folders:
            filler.create(path)
        filler.create(("Anew",))
        filler.move(path, None, ("Anew",))
    with line.filler(account.user) as filler:  # Dovecot ends a session that deletes the folder it has open
        filler.remove(path)
        filler.rename(("Anew",), path)


def killed_at_every_write(make: Callable[[], Rehearsal], monkeypatch: pytest.MonkeyPatch, steps: Iterator[int], *, half: bool) -> int:
    """Step by step through writes to the servers of a first run, each of a new account; each time resumed to the same end,
    and then a further run is a no-op. Returns how many there are. steps: which writes, without end. half: of each only the
    first half goes out."""
    for at in steps:
        account = make()
        with monkeypatch.context() as patch:
            killed = Killer(patch, at, half=half).run(account, 1)
        assert account.run(1).failure is None
        assert account.verdict(OF_OTHERS) == FAULTLESS, f"killed at write {at}"
        before = account.destination.snapshot(account.user)
        account.run(2)
        assert account.destination.snapshot(account.user) == before, f"killed at write {at}"
        if not killed:
            break
    return at
