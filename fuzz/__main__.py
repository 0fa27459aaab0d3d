"""``make fuzz``: each target in a process of its own, bound in memory and time; what was tried and found on the screen."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from fuzz.runs import Run
from fuzz.targets import TARGETS


def main() -> None:
    """Ends with 1 when anything was found."""
    options = _options()
    names = options.target or list(TARGETS)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # not without the processes that were started
    runs = [Run(name, options.keep, seconds=options.seconds, memory=options.memory, timeout=options.timeout) for name in names]
    for begin in range(0, len(runs), options.together):
        _follow(runs[begin : begin + options.together], options.every)
    _say("")
    for run in runs:
        _say(run.end())
    sys.exit(0 if all(run.well for run in runs) else 1)


def _follow(runs: list[Run], every: int) -> None:
    """Until each is over; a line for each from time to time."""
    try:
        for run in runs:
            run.start()
        told = time.monotonic()
        while not all([run.over for run in runs]):  # noqa: C419 - each is asked
            time.sleep(1)
            for run in runs:
                run.look()
            if time.monotonic() - told >= every:
                told = time.monotonic()
                for run in runs:
                    _say(str(run))
    finally:
        for run in runs:
            run.stop()
            run.look()


def _options() -> argparse.Namespace:
    targets = "; ".join(f"{name}: {target.words}" for name, target in TARGETS.items())
    parser = argparse.ArgumentParser(prog="make fuzz", description=f"{__doc__} Targets: {targets}.")
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="only this one; may be given again (all)")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--memory", type=int, default=512, metavar="MIB", help="a target that takes more has failed (512)")
    parser.add_argument("--timeout", type=int, default=10, metavar="SECONDS", help="an input that takes longer has failed (10)")
    parser.add_argument("--together", type=int, default=1, metavar="COUNT", help="targets at the same time (1)")
    parser.add_argument("--every", type=int, default=60, metavar="SECONDS", help="between two lines of figures (60)")
    parser.add_argument(
        "--keep", type=Path, default=Path(".cache/fuzz"), metavar="DIR", help="corpora, logs and what was found (.cache/fuzz)"
    )
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
