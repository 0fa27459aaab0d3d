"""``Figures`` as metrics of Prometheus. Their names, labels and buckets are here and nowhere else.

No label has a value that a stranger chooses: no address, no host, no folder, no words. Each has the few values that the code knows,
so the number of time series does not grow with customers (``docs/adr/0022-seeing.md``).
"""

from __future__ import annotations

from collections import Counter as Counting
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from trasloco import __version__
from trasloco.engine.account import Outcome
from trasloco.engine.failure import Retry, SideName
from trasloco.engine.fate import Fate
from trasloco.engine.ledger import MessageRow
from trasloco.jobs.figures import Figures
from trasloco.records.diagnosis import known_codes
from trasloco.records.postgres_ledger import STATEMENT_NAMES

OUTCOMES = ("completed", "completed_with_errors", "failed", "later", "put_down", "taken_over")
OTHER = "other"
_STATEMENT_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_ATTEMPT_BUCKETS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 4 * 3600.0, 24 * 3600.0)


class PrometheusFigures(Figures):
    """registry: where they are kept; one for a process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._build = Gauge(
            "trasloco_build_info", "The version that runs.", ["version"], registry=registry, multiprocess_mode="livemostrecent"
        )
        self._build.labels(__version__).set(1)
        self._in_hand = Gauge(
            "trasloco_transfers_in_hand", "Accounts that are worked on now.", registry=registry, multiprocess_mode="livesum"
        )
        self._attempts = Counter(
            "trasloco_transfer_attempts", "Attempts at an account in a run, by how they ended.", ["outcome"], registry=registry
        )
        self._seconds = Histogram(
            "trasloco_transfer_attempt_seconds", "How long an attempt took.", registry=registry, buckets=_ATTEMPT_BUCKETS
        )
        self._failures = Counter("trasloco_failures", "Attempts that ended in a failure, by its code.", ["code", "side"], registry=registry)
        self._messages = Counter("trasloco_messages", "Messages whose fate was written down.", ["fate"], registry=registry)
        self._bytes = Counter("trasloco_copied_bytes", "Bytes of messages that were copied.", registry=registry)
        self._throttled = Counter("trasloco_throttlings", "How often a server said that it was too much.", ["side"], registry=registry)
        self._statements = Histogram(
            "trasloco_ledger_statement_seconds",
            "Time of a statement of the ledger, with the wait for a connection.",
            ["statement"],
            registry=registry,
            buckets=_STATEMENT_BUCKETS,
        )
        self._lag = Histogram(
            "trasloco_event_loop_lag_seconds",
            "How much later than asked the event loop came back, looked at every half second.",
            registry=registry,
            buckets=_LAG_BUCKETS,
        )
        self._codes = known_codes()
        self._begin_at_nothing()

    def _begin_at_nothing(self) -> None:
        """A rate over a counter that appears only with its first failure does not see that failure."""
        for outcome in OUTCOMES:
            self._attempts.labels(outcome)
        for side in (SideName.SOURCE, SideName.DESTINATION):
            self._throttled.labels(side.value)
        self._by_fate = {fate: self._messages.labels(fate.value) for fate in Fate}
        self._by_statement = {name: self._statements.labels(name) for name in (*STATEMENT_NAMES.values(), OTHER)}

    def in_hand(self, transfers: int) -> None:
        self._in_hand.set(transfers)

    def ended(self, outcome: Outcome) -> None:
        failure = outcome.failure
        again = failure is not None and failure.retry is not Retry.NEVER
        self._attempts.labels("later" if again else outcome.status.value).inc()
        self._seconds.observe(outcome.seconds)
        if failure is not None:
            self._failures.labels(failure.code if failure.code in self._codes else OTHER, failure.side.value).inc()

    def put_down(self, *, taken_over: bool) -> None:
        self._attempts.labels("taken_over" if taken_over else "put_down").inc()

    def written(self, rows: Sequence[MessageRow]) -> None:
        # Nearly all of nearly every batch are copied; counting by a dictionary of fates costs three times as much.
        copied = [row.size for row in rows if row.fate is Fate.COPIED]
        if copied:
            self._by_fate[Fate.COPIED].inc(len(copied))
            self._bytes.inc(sum(copied))
        if len(copied) < len(rows):
            for fate, count in Counting([row.fate for row in rows if row.fate is not Fate.COPIED]).items():
                self._by_fate[fate].inc(count)

    def statement(self, name: str, seconds: float) -> None:
        self._by_statement.get(name, self._by_statement[OTHER]).observe(seconds)

    def throttled(self, side: SideName) -> None:
        self._throttled.labels(side.value).inc()

    def loop_was_late(self, seconds: float) -> None:
        self._lag.observe(seconds)
