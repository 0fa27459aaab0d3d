"""What a folder's messages add to its tally and to the progress shown, once they are in the ledger."""

from __future__ import annotations

from collections import Counter as Fates
from collections.abc import Iterator

from trasloco.engine.batches import Batch
from trasloco.engine.fate import Fate, Tally
from trasloco.engine.relay import Relay
from trasloco.engine.sink import Sink
from trasloco.engine.strikes import FolderStrikes


class Counter:
    """Counts rows as the ledger has them, once a batch: into the tally and to the sink."""

    def __init__(self, sink: Sink, relay: Relay, tally: Tally, strikes: FolderStrikes) -> None:
        self._sink, self._relay, self._tally, self._strikes = sink, relay, tally, strikes
        self.size = 0

    def watch(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            self.count()
            yield batch

    def count(self) -> None:
        rows, self._relay.settled = self._relay.settled, []
        copied = sum([row.size for row in rows if row.fate is Fate.COPIED])
        for fate, count in Fates([row.fate for row in rows]).items():
            self._tally.add(fate, count)
        self.size += copied
        if rows:
            self._strikes.carried()
            self._sink.advance(len(rows), copied)
