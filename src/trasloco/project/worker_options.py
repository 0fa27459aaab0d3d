"""How many processes a worker is, how much each does and of what: the options ``serve`` and ``worker`` share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from trasloco.project.options import option
from trasloco.project.supervisor import child
from trasloco.records.queue_names import QUEUES

CommandFunction = TypeVar("CommandFunction", bound=Callable[..., Any])


def worker_options(function: CommandFunction) -> CommandFunction:
    """``--concurrency`` and ``--processes``."""
    processes = option(
        "--processes",
        type=click.IntRange(0, 256),
        default=1,
        show_default=True,
        metavar="N",
        section="Worker",
        help="How many worker processes; a processor is kept busy by one. 0: one for each processor.",
    )
    concurrency = option(
        "--concurrency",
        type=click.IntRange(1, 200),
        default=20,
        show_default=True,
        metavar="N",
        section="Worker",
        help="How many accounts each worker process works on at once.",
    )
    return concurrency(processes(function))


def count_of_processes(wanted: int) -> int:
    """``wanted``; for 0 as many as there are processors that we may use."""
    return wanted or len(os.sched_getaffinity(0))


def queue_names(text: str) -> tuple[str, ...]:
    """The queues of a list with commas. Raises ``click.UsageError``."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in QUEUES]
    if unknown or not names:
        wrong = unknown[0] if unknown else "nothing"
        raise click.UsageError(f"--queues takes {' and '.join(QUEUES)}, separated by a comma; not {wrong}.")
    return names


def worker_command(concurrency: int, queues: str = ",".join(QUEUES)) -> list[str]:
    """The command line of one supervised worker process."""
    return child("worker", "--concurrency", str(concurrency), "--queues", queues, "--quiet")
