"""``trasloco serve``: panel, worker and embedded database in one go."""

from __future__ import annotations

import os

import click

from trasloco.project.database import opened, prepare
from trasloco.project.listening import address_of, listen, listening_options
from trasloco.project.log_file import keep_log
from trasloco.project.metrics_sharing import shared_metrics
from trasloco.project.options import SectionedCommand
from trasloco.project.paths import state_directory
from trasloco.project.reach_options import reach_options
from trasloco.project.screen import say
from trasloco.project.seeing_options import seeing_options, traces_option
from trasloco.project.serve_lock import serve_lock
from trasloco.project.supervisor import Supervisor, child
from trasloco.project.worker_options import count_of_processes, worker_command, worker_options

_EPILOG = """
Example:
  trasloco serve --host 127.0.0.1 --port 8080

The panel is not encrypted: put a proxy with TLS before it, and set TRASLOCO_HTTPS=1 and TRASLOCO_HOSTS=name.
State (database, keys, log): TRASLOCO_STATE_DIR, DATABASE_URL, TRASLOCO_MASTER_KEY_FILE.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@listening_options
@worker_options
@reach_options
@seeing_options
@traces_option
def serve(
    host: str,
    port: int,
    proxies: str,
    concurrency: int,
    processes: int,
    metrics: tuple[str, int] | None,
    *,
    quiet: bool,
) -> int:
    """Serve the panel and work for it, until Ctrl-C or SIGTERM. Runs under way go on at the next start."""
    state = state_directory()
    keep_log(state, "serve")
    with serve_lock(state) as children, listen(host, port) as socket, shared_metrics(metrics, state) as shared, opened():
        address = address_of(host, port)
        with prepare():
            from trasloco.project.first_start import first_start_path

            path = first_start_path()
        if not quiet:
            say(f"Trasloco's panel: {address}")
        if path:
            say(f"Nobody can sign in yet. Make the superuser here (the link works once, for a day): {address}{path}")
        where = ["--host", host, "--port", str(port), "--proxies", proxies]
        answering = [*shared.words(0), *shared.words_of_answerer()]
        panel = child("panel", *where, "--listening", str(socket.fileno()), "--quiet", *answering)
        os.environ |= {"TRASLOCO_HOST": host, "TRASLOCO_PORT": str(port)}  # so that the worker knows where no server may be
        workers = [worker_command(concurrency) + shared.words(place) for place in range(1, count_of_processes(processes) + 1)]
        return Supervisor([panel, *workers], kept=[socket.fileno(), children, *shared.kept], died=shared.died).run()
