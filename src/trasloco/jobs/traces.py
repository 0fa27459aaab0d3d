"""Traces of what is done: a port, and the body that traces nothing and costs nothing.

``otel_traces.OtelTraces`` is the other body. What it sees of an account it sees at the two ports that the engine has anyway, ledger and
sink; where nobody wants traces, these are given to the engine as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from trasloco.engine.account import Outcome
from trasloco.engine.ledger import Ledger
from trasloco.engine.sink import Sink

if TYPE_CHECKING:
    from trasloco.records.actions import Claim
    from trasloco.records.ended_run import EndedRun


class AccountTrace:
    """One attempt at an account in a run. fields: for the lines of the log."""

    fields: Mapping[str, str] = {}

    def ledger(self, ledger: Ledger) -> Ledger:
        """To be given to the engine."""
        return ledger

    def sink(self, sink: Sink) -> Sink:
        """To be given to the engine."""
        return sink

    def ended(self, how: str, outcome: Outcome | None = None) -> None:
        """Nothing comes after it. how: a status, "put_down" or "taken_over"."""


class Traces:
    """wanted: someone looks at them."""

    wanted = False

    def account(self, claim: Claim) -> AccountTrace:
        """Of an attempt that begins now."""
        return AccountTrace()

    def run_ended(self, run: EndedRun) -> None:
        """Its last account has ended."""
