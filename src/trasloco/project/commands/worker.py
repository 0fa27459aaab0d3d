"""``trasloco worker``: does what the panel asks for: checks, runs, mails, all on schedule; in one process or several."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from trasloco.project.database import opened, prepare
from trasloco.project.event_loop import run
from trasloco.project.exit_codes import ExitCode
from trasloco.project.listening import listen
from trasloco.project.log_file import keep_log
from trasloco.project.metrics_sharing import shared_metrics
from trasloco.project.options import SectionedCommand, option
from trasloco.project.paths import state_directory
from trasloco.project.reach_options import reach_options
from trasloco.project.screen import say
from trasloco.project.seeing_options import TRACES, health_option, metrics_as_option, seeing_options, traces_option
from trasloco.project.supervised import end_with_supervisor, supervised_option
from trasloco.project.supervisor import Supervisor
from trasloco.project.worker_metrics import worker_figures
from trasloco.project.worker_options import count_of_processes, queue_names, worker_command, worker_options
from trasloco.project.worker_traces import worker_traces

_EPILOG = """
Examples:
  trasloco worker --processes 0
  DATABASE_URL=postgres://trasloco:password@db.example.net/trasloco trasloco worker --concurrency 50 --processes 4
  trasloco worker --queues errands

Any number of workers, on any number of machines, share the work of one database: DATABASE_URL, and the panel's
master.key (TRASLOCO_MASTER_KEY_FILE), proof.key and TRASLOCO_SECRET_KEY, have to be the same on all of them. They may come and go at any
time: what one has under way is put down when it is stopped, and goes on elsewhere; so it does when a worker dies or freezes.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@worker_options
@option(
    "--queues",
    default="transfers,errands",
    show_default=True,
    metavar="NAMES",
    section="Worker",
    help="What is worked on: transfers (the accounts of runs), errands (checks, searches, mails, verifications), or both.",
)
@option("--quiet", is_flag=True, default=False, section="Worker", help="Say nothing on the terminal but what is wrong.")
@reach_options
@seeing_options
@traces_option
@health_option
@metrics_as_option
@click.option("--health-listening", type=int, default=None, hidden=True, help="A socket for --health that is open: its file descriptor.")
@supervised_option
def worker(
    concurrency: int,
    processes: int,
    queues: str,
    metrics: tuple[str, int] | None,
    metrics_as: Path | None,
    health: tuple[str, int] | None,
    health_listening: int | None,
    *,
    quiet: bool,
    supervised: bool,
) -> int:
    """Work for the panel until Ctrl-C or SIGTERM; what is under way then goes on at the next start, or in another worker."""
    names = queue_names(queues)
    state = state_directory()
    keep_log(state, "worker")
    if supervised:
        end_with_supervisor()
        asked = socket.socket(fileno=health_listening) if health_listening is not None else None
        return _work(_Work(concurrency, names, None, metrics_as, asked, supervised=True), quiet=True)
    count = count_of_processes(processes)
    asked = listen(*health, host_option="--health", port_option="--health") if health is not None else None
    if count == 1:
        return _work(_Work(concurrency, names, metrics, None, asked), quiet=quiet)
    with shared_metrics(metrics, state) as shared, opened():
        with prepare():
            pass  # what is in the way is said once, and the schema is there before the processes are
        if not quiet:
            say(f"Working in {count} processes, each up to {concurrency} accounts at once.")
        kept = [] if asked is None else [asked.fileno()]
        probed = [] if asked is None else ["--health-listening", str(asked.fileno())]
        commands = [worker_command(concurrency, queues) + shared.words(place) + probed for place in range(count)]
        with shared.answered():
            return Supervisor(commands, kept=kept, died=shared.died).run()


@dataclass(frozen=True, slots=True)
class _Work:
    """What one process does. metrics: where it answers itself; metrics_as: where it keeps what another one answers with. health: the
    socket on which probes ask, None: nobody does."""

    concurrency: int
    queues: tuple[str, ...]
    metrics: tuple[str, int] | None
    metrics_as: Path | None
    health: socket.socket | None
    supervised: bool = False


def _work(what: _Work, *, quiet: bool) -> int:
    """In this process."""
    with prepare() as database, worker_figures(what.metrics, what.metrics_as) as figures, worker_traces(os.environ.get(TRACES)) as traces:
        from django.conf import settings

        from trasloco.jobs.worker import work
        from trasloco.project.health_listener import health_listener
        from trasloco.project.interruption import Interruption
        from trasloco.records.own_ring import open_ring

        open_ring(settings.TRASLOCO_MASTER_KEY_FILE)
        # Under a supervisor it is he who says so.
        words = "" if what.supervised else "Stopping. What is under way is put down at a safe point and goes on at the next start."
        seeing: dict[str, Any] = {"figures": figures, "traces": traces}

        async def until_asked() -> None:
            async with Interruption(words, insist=not what.supervised) as stop, health_listener(what.health, database.conninfo):
                await work(what.concurrency, stop=stop, queues=what.queues, abandon=lambda: os._exit(ExitCode.OK), **seeing)

        if not quiet:
            say(f"Working, up to {what.concurrency} accounts at once.")
        run(until_asked())
    return ExitCode.OK
