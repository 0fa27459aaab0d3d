"""“The ledger at scale” in docs/benchmarks.md, out of figures; and these as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from bench.ledger_growth import LedgerPoint
from bench.ledger_partitions import PartitionPoint
from bench.ledger_ways import BATCHES, Way
from bench.page import DOCS, LEDGER_HEADING, with_section

_BEFORE = """Rows written, read and removed without any mail: what the ledger itself costs. Each size is a migration of its own, one
account in folders of 100,000 messages; a batch is an intent (which waits for the disk) and 500 rows, by `PostgresLedger` as in a worker.

```
TMPDIR=/dev/shm make bench BENCH="--ledger 100000 1000000 10000000"            # some minutes on an idle machine, 4 GB
TMPDIR=/dev/shm make bench BENCH="--ledger 1000000 --results ledger.json --page"  # keep the figures, write this section
```

- **Bytes a row** are those of the table and of its indexes on the disk. **Database** is processor time of PostgreSQL for a row, what it
  does by itself (autovacuum) included. **At first** and **at last** are medians of the first and of the last ten folders.
- **Removed** is the time from the deletion of the migration until the last row is gone; **in pieces** the same where the rows are among
  those of others, as in a ledger from before partitions (measured up to a million).
- **Ways** ([ADR 23](adr/0023-partitioned-ledger.md)): each does what a batch needs, fence and intent included. *COPY, straight* cannot
  replace a row that is there already.
- **Page** is a question about one migration as the panel asks it; **careless** the same question without saying which migration it is
  about, which is why every statement says it (`tests/records/test_ledger_place.py`).
"""


@dataclass(slots=True)
class LedgerResults:
    """What was measured. machine, date, note: in words."""

    machine: str
    date: str = ""
    note: str = ""
    sizes: list[LedgerPoint] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    partitions: list[PartitionPoint] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> Self:
        kept = json.loads(path.read_text("utf-8"))
        ways = [Way(way["title"], {int(batch): figures for batch, figures in way["figures"].items()}) for way in kept["ways"]]
        sizes = [LedgerPoint(**point) for point in kept["sizes"]]
        points = [PartitionPoint(**point) for point in kept["partitions"]]
        return cls(kept["machine"], kept["date"], kept["note"], sizes, ways, points)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", "utf-8")


def write_ledger(results: LedgerResults, docs: Path = DOCS) -> None:
    """Write the section; all else stays."""
    page = docs / "benchmarks.md"
    parts = [_BEFORE]
    parts += [f"{results.date}, {results.machine}. {results.note}".rstrip() + "\n", _sizes(results), _ways(results), _partitions(results)]
    page.write_text(with_section(page.read_text("utf-8"), LEDGER_HEADING, "\n".join(parts)), "utf-8")


def _sizes(results: LedgerResults) -> str:
    head = [
        "rows",
        "bytes a row: table",
        "indexes",
        "written a second, at first",
        "at last",
        "database, us a row, at first",
        "at last",
        "read a second",
        "sums of a folder, ms",
        "removed, s",
        "in pieces, s",
    ]
    rows = [
        [
            f"{point.messages:,}",
            f"{point.table / point.messages:.0f}",
            f"{point.indexes / point.messages:.0f}",
            f"{point.first:,.0f}",
            f"{point.last:,.0f}",
            f"{point.cost_first:.1f}",
            f"{point.cost_last:.1f}",
            f"{point.read:,.0f}",
            f"{point.sums:.0f}",
            f"{point.removed:.2f}",
            "" if point.in_pieces is None else f"{point.in_pieces:.2f}",
        ]
        for point in results.sizes
    ]
    return _table("How large", head, rows)


def _ways(results: LedgerResults) -> str:
    head = ["rows of a batch", *(f"{way.title}, us a row" for way in results.ways)]
    rows = [[f"{batch:,}", *(f"{way.median(batch):.1f}" for way in results.ways)] for batch, _ in BATCHES]
    return _table("Ways to write", head, rows)


def _partitions(results: LedgerResults) -> str:
    head = ["migrations in the ledger", "partition made, ms", "batch of 500, ms", "page, ms", "first of a connection, ms", "careless, ms"]
    rows = [
        [f"{each.partitions:,}", *(f"{figure:.1f}" for figure in (each.made, each.settled, each.page, each.first, each.careless))]
        for each in results.partitions
    ]
    return _table("How many migrations", head, rows)


def _table(title: str, head: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    lines.insert(1, f"|{'---|' * len(head)}")
    return f"### {title}\n\n" + "\n".join(lines) + "\n"
