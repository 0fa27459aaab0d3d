"""“Many workers, many accounts” in docs/benchmarks.md and its pictures, out of results. The rest of the page stays as it is."""

from __future__ import annotations

from pathlib import Path

from bench.page import DOCS, with_section
from bench.plot import FAINT, Plot, Series, picture, text
from bench.queue_cost import WINDOWS, CostPoint
from bench.scale_results import ScaleResults

HEADING = "## Many workers, many accounts"

_LEFT, _RIGHT = (64, 370), (454, 712)
_BLUE, _GREEN, _GREY = "#2563eb", "#059669", "#64748b"

_BEFORE = """```
make load                                      # the load test in its short form, some two minutes on an idle machine
make load LOAD="test --accounts 500"           # 5,000 accounts
make load LOAD="workers"                       # throughput with 1, 2 and 4 worker processes
make load LOAD="accounts --most 50000"         # what queue and ledger cost for one transfer
make load LOAD="page --results load.json"      # write this section from the figures kept by --results
```
"""

_TEST = """### Under load, with workers that die

Two customers between two real Dovecots, the database of Debian's PostgreSQL. The large customer's migrations are planned first, those of
the small one while they are under way. All along a worker is killed (`kill -9`) or drained (SIGTERM), whichever a seed says, one that is
still starting as well, and another one comes in its place. Connections are counted by proxies before the servers' addresses, each
with its cap. An account's wait is the time from the hour its run was due to its first beginning. In the end each mailbox
is read whole on both sides and compared: every message, byte, flag and date.
"""

_WORKERS = """### Throughput by workers

The same accounts each time, to a destination that takes a fixed number of bytes a second on each connection (a proxy before it). What
limits is that pace and the connections that the workers have together; so with twice as many workers it is to go twice as fast.
"""

_COSTS = """### Cost of a transfer by accounts

One migration; its copies are simulated (20 messages in two batches, so much as the engine asks of the ledger for them), all else is
real: admission, queue, claims, ledger, log, counters, the end of each account. Measured are the first transfers, while all others
wait, and the last ones, when all others are done and have their rows in the ledger. Processor time suffers from what else the
machine does; the rows that the database looks at for one transfer do not. What is done by the clock and not for a transfer (every
30 s each run's accounts are counted for its chart) is in both: the slower the machine, the more of it falls upon one transfer.
"""


def write_scale(results: ScaleResults, docs: Path = DOCS) -> None:
    """Write the pictures and the section."""
    parts = [_BEFORE, f"{results.machine}; {results.date}. {results.note}\n"]
    if results.load_test is not None:
        verdict = "\n".join(f"- {fault}" for fault in results.load_test.faults) or "All of it as it has to be."
        table = "\n".join(["| | |", "|---|---|", *results.load_test.lines()])
        parts += [_TEST, f"{results.load_test.date}. {results.load_test.note}\n", f"{table}\n", f"{verdict}\n"]
    if results.workers:
        (docs / "pictures" / "bench-workers.svg").write_text(_workers_picture(results), "utf-8")
        parts += [_WORKERS, "![Throughput by workers](pictures/bench-workers.svg)\n", _workers_table(results)]
    if results.costs:
        (docs / "pictures" / "bench-accounts.svg").write_text(_costs_picture(results.costs), "utf-8")
        parts += [_COSTS, "![Cost of a transfer by accounts](pictures/bench-accounts.svg)\n", _costs_table(results.costs)]
    page = docs / "benchmarks.md"
    page.write_text(with_section(page.read_text("utf-8"), HEADING, "\n".join(parts)), "utf-8")


def _workers_picture(results: ScaleResults) -> str:
    points, plan = results.workers, results.scale_plan
    values, shown = [point.workers for point in points], [str(point.workers) for point in points]
    series = [
        Series("the pace there is", _GREY, [plan.ideal(point.workers) / 1024 for point in points], dashed=True),
        Series("measured", _BLUE, [point.rate / 1024 for point in points]),
    ]
    plot = Plot((64, 712), "worker processes", [0, *values], ["0", *shown], even_x=True)
    from_nothing = [Series(each.name, each.colour, [0.0, *each.values], each.dashed) for each in series]
    parts = [text(12, 46, "KiB of mail a second", FAINT), *plot.legend(series, step=150), *plot.draw(from_nothing)]
    return picture("Throughput by workers, to a destination with a fixed pace for each connection", parts)


def _workers_table(results: ScaleResults) -> str:
    plan = results.scale_plan
    words = (
        f"{plan.accounts} accounts of {plan.messages} messages of {plan.size >> 10} KiB; {plan.hands} accounts at once of each worker; "
        f"{plan.rate / 1024:g} KiB a second on each connection."
    )
    rows = [
        f"| {point.workers} | {point.seconds:.1f} | {point.rate / 1024:.1f} | {point.rate / plan.ideal(point.workers):.0%} |"
        f" {results.proportion(point):.0%} | {point.difference or 'yes'} |"
        for point in results.workers
    ]
    head = "| workers | seconds | KiB/s | of the pace there is | in proportion | exact |\n|---|---|---|---|---|---|"
    return "\n".join([f"{words}\n", head, *rows, ""])


def _costs_picture(costs: list[CostPoint]) -> str:
    parts = [text(12, 46, "milliseconds of processor time", FAINT), text(_RIGHT[0] - 40, 46, "rows looked at", FAINT)]
    accounts = sorted({point.accounts for point in costs})
    left, right = (Plot(span, "accounts of the migration", accounts, [f"{each:,}" for each in accounts]) for span in (_LEFT, _RIGHT))
    times, rows = [], []
    for window in WINDOWS:
        points = [point for point in costs if point.window == window]
        dashed = window == "last"
        times += [
            Series(f"worker, {window}", _BLUE, [point.client for point in points], dashed),
            Series(f"database, {window}", _GREEN, [point.database for point in points], dashed),
        ]
        rows.append(Series(window, _GREEN, [point.rows for point in points], dashed))
    drawn = [*left.draw(times), *right.draw(rows), *left.legend(times[:2], 110), *right.legend(rows, 60)]
    return picture("What queue and ledger cost for one transfer (the first ones, and dashed the last ones)", [*parts, *drawn])


def _costs_table(costs: list[CostPoint]) -> str:
    head = "| accounts | window | transfers measured | worker, ms | database, ms | rows | seconds |\n|---|---|---|---|---|---|---|"
    rows = [
        f"| {point.accounts:,} | {point.window} | {point.transfers} | {point.client:.1f} | {point.database:.1f} |"
        f" {point.rows:,.0f} | {point.seconds:.0f} |"
        for point in costs
    ]
    return "\n".join([head, *rows, ""])
