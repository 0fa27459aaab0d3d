"""``make bench``: all cells, or those named; the table on the screen, and on request the page."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from bench.cells import CELLS, Cell
from bench.curve_page import write_curves
from bench.curve_results import CurveResults
from bench.curves import CURVES
from bench.growth import Growth
from bench.ledger_growth import ledger_database, measure_sizes
from bench.ledger_page import LedgerResults, write_ledger
from bench.ledger_partitions import measure_partitions
from bench.ledger_ways import measure_ways
from bench.mailbox import ALLOWED, MORE, USUAL, measure_mailbox
from bench.measuring import Measuring
from bench.page import write_page
from bench.results import Results, now, table, this_machine


def main() -> None:
    options = _options()
    if options.mailbox:
        figures = measure_mailbox(options.mailbox, _say)
        _say(f"at most {ALLOWED >> 20} MiB are allowed for {USUAL:,} messages, and {MORE} bytes for each one more")
        sys.exit(0 if all(figure.well for figure in figures) else 1)
    if options.ledger is not None:
        _ledger(options)
        return
    if options.curves is not None:
        _curves(options)
        return
    cells = [cell for cell in CELLS if (cell.name in options.only if options.only else cell.quick or options.all)]
    if options.page and options.results and options.results.exists():
        write_page(Results.load(options.results))
        return
    scale = 0.1 if options.scale is None else options.scale
    results = Results.of_this_machine(scale, options.rounds, options.note)
    if options.results and options.results.exists():
        results.cells = Results.load(options.results).cells
    began = time.monotonic()
    with Measuring(scale, options.rounds, options.movers, _say) as measuring:
        for cell in cells:
            results.add(measuring.measure(cell))
            _say(table(next(each for each in results.cells if each.name == cell.name)))
            if options.results:
                results.save(options.results)
    _say(f"{time.monotonic() - began:.0f} s in all")
    if options.page:
        write_page(results)


def _curves(options: argparse.Namespace) -> None:
    """Measure curves; or write their part of the page from figures kept before. Ends with 1 when a copy was not exact."""
    kept = options.results if options.results and options.results.exists() else None
    results = CurveResults.load(kept) if kept else CurveResults()
    results.note = options.note or results.note
    if options.page and kept:
        write_curves(results)
        return
    began = time.monotonic()
    curves = [curve for curve in CURVES if curve.name in options.curves or not options.curves]
    with Growth(_say, lambda: results.save(options.results) if options.results else None) as growth:
        for curve in curves:
            growth.measure(curve, curve.points(options.scale), results.of(curve.name))
    _say(f"{time.monotonic() - began:.0f} s in all")
    if options.page:
        write_curves(results)
    measured = [point.measured for curve in curves for point in results.of(curve.name).points]
    sys.exit(1 if any(each.failure or each.difference for each in measured) else 0)


def _ledger(options: argparse.Namespace) -> None:
    """Measure the ledger alone; or write its part of the page from figures kept before."""
    if options.page and options.results and options.results.exists():
        write_ledger(LedgerResults.load(options.results))
        return
    results = LedgerResults(this_machine(), now(), options.note)
    with ledger_database() as database:
        results.sizes = measure_sizes(database, options.ledger or [100_000, 1_000_000], _say)
        results.ways = measure_ways(database, _say)
        results.partitions = measure_partitions(database, _say)
    if options.results:
        results.save(options.results)
    if options.page:
        write_ledger(results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--scale", type=float, help="share of the full corpora, or of the curves' axes (0.1; the curves' short form is shorter still)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="measured rounds of each mover (3)")
    parser.add_argument("--all", action="store_true", help="all cells, not those of the quick form alone")
    parser.add_argument("--only", nargs="*", metavar="CELL", choices=[cell.name for cell in CELLS], help=_listed(CELLS))
    parser.add_argument("--movers", nargs="*", metavar="MOVER", help="only these (trasloco, floor-1, mbsync, ...)")
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="keep the figures as JSON, beside those of other cells; with --page: write the page from them",
    )
    parser.add_argument("--page", action="store_true", help="write docs/benchmarks.md and its pictures")
    parser.add_argument(
        "--mailbox", type=int, metavar="MESSAGES", help="no cells: one mailbox of so many messages, and the memory it takes"
    )
    parser.add_argument(
        "--curves",
        nargs="*",
        metavar="CURVE",
        choices=[curve.name for curve in CURVES],
        help="no cells: how the cost grows with " + ", ".join(curve.name for curve in CURVES) + "; or with some of them",
    )
    parser.add_argument(
        "--ledger", type=int, nargs="*", metavar="MESSAGES", help="no cells: the ledger alone with so many rows (100,000 and 1,000,000)"
    )
    parser.add_argument("--note", default="", metavar="TEXT", help="a sentence for the page on the circumstances")
    return parser.parse_args()


def _listed(cells: tuple[Cell, ...]) -> str:
    return "only these cells: " + ", ".join(cell.name for cell in cells)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
