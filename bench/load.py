"""``make load``: many workers, many accounts. What is measured goes into one file, and from there onto the page.

make load                                      # the load test in its short form, some two minutes
make load LOAD="test --accounts 500"           # as the acceptance of issue 8 has it; an hour on two cores
make load LOAD="workers"                       # throughput with 1, 2 and 4 workers
make load LOAD="accounts --most 50000"         # what queue and ledger cost by the number of accounts
make load LOAD="page --results load.json"      # write docs/benchmarks.md from the figures kept by --results
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.load_plan import LoadPlan
from bench.load_run import LoadRun
from bench.queue_cost import QueueCost
from bench.scale_page import write_scale
from bench.scale_results import ScaleResults
from bench.worker_scale import ScalePlan, WorkerScale

ACCOUNTS = (100, 300, 1_000, 3_000, 10_000, 50_000)
WORKERS = (1, 2, 4)


def main() -> int:
    """The command line; 1 when anything is not as it has to be."""
    options = _options()
    results = ScaleResults.load(options.results) if options.results and options.results.exists() else ScaleResults()
    results.note = options.note or results.note
    faults: list[str] = []
    if options.what == "page":
        write_scale(results)
        return 0
    if options.what == "test":
        plan = LoadPlan(options.migrations, options.accounts, workers=options.workers, pause=options.pause, seed=options.seed)
        with LoadRun(plan, _say) as load:
            results.load_test = load.run()
        _say("\n".join(results.load_test.lines()))
        faults = results.load_test.faults
    elif options.what == "workers":
        results.scale_plan, results.workers = ScalePlan(rate=round(options.pace * 1024)), []
        with WorkerScale(results.scale_plan, _say) as scale:
            results.workers = [scale.measure(workers) for workers in WORKERS]
        faults = results.disproportions()
    else:
        with QueueCost(_say) as cost:
            for accounts in (each for each in ACCOUNTS if each <= options.most):
                results.add(cost.measure(accounts))
                _keep(results, options.results)
    _keep(results, options.results)
    for fault in faults:
        _say(f"  {fault}")
    return 1 if faults else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="test", choices=("test", "workers", "accounts", "page"))
    parser.add_argument("--migrations", type=int, default=10, help="of the large customer (10)")
    parser.add_argument("--accounts", type=int, default=10, help="of each of them (10)")
    parser.add_argument("--workers", type=int, default=4, help="processes (4)")
    parser.add_argument("--pause", type=float, default=6.0, help="seconds between two workers killed or drained, on average (6)")
    parser.add_argument("--seed", type=int, default=1, help="of the mail, and of who is killed or drained")
    parser.add_argument(
        "--pace", type=float, default=8.0, help="of the destination, KiB a second on each connection (8; less on a busy machine)"
    )
    parser.add_argument("--most", type=int, default=1_000, help="accounts up to which the cost of one is measured (1000)")
    parser.add_argument("--results", type=Path, metavar="FILE", help="keep the figures as JSON, beside those of the other measurements")
    parser.add_argument("--note", default="", help="a sentence for the page on the circumstances")
    return parser.parse_args()


def _keep(results: ScaleResults, file: Path | None) -> None:
    if file:
        results.save(file)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
