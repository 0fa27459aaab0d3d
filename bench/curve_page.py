"""“How the cost grows” in docs/benchmarks.md and its pictures, out of results. The rest of the page stays as it is."""

from __future__ import annotations

from pathlib import Path

from bench.curve_results import CurveResult, CurveResults, Point
from bench.lines import lines
from bench.page import CURVES_HEADING, DOCS, with_section

_BEFORE = """One axis at a time: Trasloco alone, its engine in a worker that is up and its ledger in PostgreSQL, between two real
Dovecots. A line that is horizontal is a cost that does not grow.

```
make bench BENCH="--curves"                    # the short form, some two minutes on an idle machine
make bench BENCH="--curves messages folders"   # some curves; --help lists them
TMPDIR=/dev/shm make bench BENCH="--curves --scale 1 --results curves.json"  # the whole axes, an hour, 14 GB
make bench BENCH="--curves --results curves.json --page"  # write this section from the figures kept
```

- **Mail** is written into the source's store, the same at every repetition, and read once before the time begins.
- **Client** is the processor time of the worker, **database** that of PostgreSQL (with the rows of the migration itself, which a worker
  finds made), **destination** that of all processes of the Dovecot written to. Memory is the peak of the worker's process.
- **Exact**: after each point both sides are read whole, and count, bytes and a sum of the digests of all messages (content, size,
  flags, date) are the same in each folder. No point is compared by a sample.
- Where there is one unit only, its cost holds what a copy costs anyway: log-in, ledger, report. It is divided among more of them later.
"""


def write_curves(results: CurveResults, docs: Path = DOCS) -> None:
    """Write one picture a curve, and their section of the page."""
    page = docs / "benchmarks.md"
    parts = [_BEFORE, f"{results.machine}. {results.note}\n"]
    for result in results.curves:
        if result.good:
            (docs / "pictures" / f"curve-{result.name}.svg").write_text(lines(result), "utf-8")
            parts.append(_section(result))
    page.write_text(with_section(page.read_text("utf-8"), CURVES_HEADING, "\n".join(parts)), "utf-8")


def _section(result: CurveResult) -> str:
    curve = result.curve
    title = curve.title[:1].upper() + curve.title[1:]
    units = [f"client, ms for one {unit.name}" for unit in curve.units]
    names = [curve.title, "messages", "seconds", "client", "database", "destination", *units, "memory", "turns", "exact"]
    head = f"| {' | '.join(names)} |\n|{'---|' * len(names)}"
    rows = "\n".join(_row(result, point) for point in result.points)
    picture = f"![{title}](pictures/curve-{curve.name}.svg)"
    return f"### {title}\n\n{curve.words} {result.date}. {_growth(result)}\n\n{picture}\n\n{head}\n{rows}\n"


def _growth(result: CurveResult) -> str:
    """The ends of the curve in a sentence; over a distance it is the wall that counts."""
    curve, first, last = result.curve, result.good[0], result.good[-1]
    what = "the wall time of" if curve.even else "the client's processor time for"
    told = [point.per(curve, point.measured.seconds if curve.even else point.measured.client) for point in (first, last)]
    memory = [point.measured.memory / 2**20 for point in (first, last)]
    return (
        f"From {curve.shown(first.value)} to {curve.shown(last.value)}, {what} one {curve.units[0].name} goes from "
        f"{told[0]:,.4g} to {told[1]:,.4g} ms, and the worker's memory from {memory[0]:.0f} to {memory[1]:.0f} MiB."
    )


def _row(result: CurveResult, point: Point) -> str:
    curve, measured = result.curve, point.measured
    shown = curve.shown(point.value)
    if measured.failure:
        return f"| {shown} | {point.messages:,} | failed |{' |' * (7 + len(curve.units))}"
    cells = [
        shown,
        f"{point.messages:,}",
        f"{measured.seconds:.2f}",
        f"{measured.client:.2f}",
        f"{point.database:.2f}",
        f"{measured.destination:.2f}",
        *(f"{point.per(curve, measured.client, unit):.3g}" for unit in range(len(curve.units))),
        f"{measured.memory / 2**20:.0f} MiB",
        f"{measured.turns[0]} + {measured.turns[1]}" if measured.turns else "",
        measured.difference or "yes",
    ]
    return f"| {' | '.join(cells)} |"
