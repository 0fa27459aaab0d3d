"""``trasloco panel``: the pages alone, for a worker that runs elsewhere."""

from __future__ import annotations

import logging
import os
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trasloco.project.database import prepare
from trasloco.project.exit_codes import ExitCode
from trasloco.project.listening import address_of, listen, listening_options
from trasloco.project.log_file import keep_log
from trasloco.project.options import SectionedCommand
from trasloco.project.panel_metrics import panel_metrics
from trasloco.project.paths import state_directory
from trasloco.project.screen import say
from trasloco.project.seeing_options import metrics_as_option, seeing_options
from trasloco.project.supervised import end_with_supervisor, supervised_option

if TYPE_CHECKING:
    from trasloco.panel.body_limit import Application

GRACE_SECONDS = 5  # for answers under way


@click.command(cls=SectionedCommand)
@listening_options
@seeing_options
@metrics_as_option
@click.option("--listening", type=int, default=None, hidden=True, help="A socket that serve has opened: its file descriptor.")
@click.option("--metrics-listening", type=int, default=None, hidden=True, help="The same, where metrics are asked for.")
@supervised_option
def panel(
    host: str,
    port: int,
    proxies: str,
    listening: int | None,
    metrics: tuple[str, int] | None,
    metrics_as: Path | None,
    metrics_listening: int | None,
    *,
    quiet: bool,
    supervised: bool,
) -> int:
    """Serve the panel's pages until Ctrl-C or SIGTERM."""
    keep_log(state_directory(), "panel")
    if supervised:
        end_with_supervisor()
    names = os.environ.get("TRASLOCO_HOSTS", "localhost,127.0.0.1,[::1]")
    if host not in ("0.0.0.0", "::", *names.split(",")):  # noqa: S104 - compared, not bound
        os.environ["TRASLOCO_HOSTS"] = f"{names},{f'[{host}]' if ':' in host else host}"
    opened = listen(host, port) if listening is None else socket.socket(fileno=listening)
    words = "" if quiet else f"Trasloco's panel: {address_of(host, port)}"
    with opened, prepare(), panel_metrics(None if supervised else metrics, metrics_listening, metrics_as) as measured:
        from trasloco.project.asgi import application

        _serve(measured(application), opened, proxies, words)
    return ExitCode.OK


def _serve(application: Application, opened: socket.socket, proxies: str, words: str) -> None:
    """Until a signal; words: said when pages can be had."""
    import uvicorn

    config = uvicorn.Config(
        application,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)

    def asked(*_: object) -> None:
        """Before uvicorn has put its own in place, and when it raises what it has caught once more at its end."""
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, asked)
    logging.getLogger(__name__).info("the panel answers on %s", opened.getsockname())
    if words:
        say(words)
    server.run(sockets=[opened])
