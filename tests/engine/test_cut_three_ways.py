"""Each of the three-way cases once more with a stop at its first write to the ledger, at its second, ... before it is done
and after it by turns; and with a kill at its first write to a server, at its second, ... whole or half of it sent by turns.
Resumed, the case must end as it says.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from tests.engine import test_three_ways
from tests.engine.conftest import Account
from tests.engine.test_cut_at_every_write import Stop, StoppingLedger
from trasloco.engine.account import Outcome
from trasloco.engine.ledger import Ledger
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.wire_killer import Killer

CASES = {name: case for name, case in vars(test_three_ways).items() if name.startswith("test_") and inspect.isfunction(case)}


class _Any(int):
    """How many flags an interrupted run has changed is not known: what it did before the stop is done."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


@dataclass
class StoppedAccount(Account):
    """Its runs together are stopped once, at ledger write ``at``, and resumed."""

    at: int = 10**9
    stopped: bool = False
    written: int = 0

    def run(self, number: int = 1) -> Outcome:
        if self.stopped:
            return super().run(number)
        inner = self.ledger
        stopping = StoppingLedger(inner, self.at - self.written, done=self.at % 2 == 0)
        self.ledger = cast(Ledger, stopping)
        try:
            return super().run(number)
        except Stop:
            self.stopped = True
        finally:
            self.ledger = inner
            self.written += stopping.writes
        return replace(super().run(number), flags_changed=_Any())


@dataclass
class KilledAccount(Account):
    """Its runs together are killed once, at their ``at``-th write to either server, and resumed."""

    at: int = 10**9
    stopped: bool = False
    written: int = 0

    def run(self, number: int = 1) -> Outcome:
        if self.stopped:
            return super().run(number)
        with pytest.MonkeyPatch.context() as patch:
            killer = Killer(patch, self.at - self.written, half=self.at % 2 == 0)
            self.stopped = killer.run(self, number)
        self.written += killer.writes
        if killer.outcome is not None:
            return killer.outcome
        return replace(super().run(number), flags_changed=_Any())


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", [StoppedAccount, KilledAccount], ids=["ledger", "wire"])
@pytest.mark.parametrize("name", CASES)
def test_a_stop_at_any_write_leads_to_the_same_end(
    dovecot_source: Dovecot,
    dovecot_destination: Dovecot,
    fresh_user: Callable[[], str],
    name: str,
    kind: type[StoppedAccount | KilledAccount],
    steps: Callable[[int], Iterator[int]],
) -> None:
    case: Callable[[Any], None] = CASES[name]
    (fixture,) = inspect.signature(case).parameters
    for at in steps(list(CASES).index(name)):
        account = kind(dovecot_source, dovecot_destination, fresh_user())
        if fixture == "copied":
            test_three_ways.fill(account)  # its run is cut in test_cut_at_every_write
        account.at, account.written = at, 0
        case(account)
        there = account.destination()
        assert account.run(9).failure is None
        assert account.destination() == there, f"a further run after a stop at write {at}"
        if not account.stopped:
            break
    assert account.written >= 2, "the case writes too little to mean anything"
