"""``trasloco panel``: the pages alone, for a worker that runs elsewhere."""

from __future__ import annotations

import os

import click

from trasloco.project.database import prepare
from trasloco.project.exit_codes import ExitCode
from trasloco.project.listening import listening_options
from trasloco.project.log_file import keep_log
from trasloco.project.options import SectionedCommand
from trasloco.project.paths import state_directory
from trasloco.project.screen import say


@click.command(cls=SectionedCommand)
@listening_options
def panel(host: str, port: int, *, quiet: bool) -> int:
    """Serve the panel's pages until Ctrl-C or SIGTERM."""
    keep_log(state_directory())
    names = os.environ.get("TRASLOCO_HOSTS", "localhost,127.0.0.1,[::1]")
    if host not in ("0.0.0.0", "::", *names.split(",")):  # noqa: S104 - compared, not bound
        os.environ["TRASLOCO_HOSTS"] = f"{names},{f'[{host}]' if ':' in host else host}"
    with prepare():
        import uvicorn

        from trasloco.project.asgi import application

        if not quiet:
            say(f"Trasloco's panel: http://{host}:{port}")
        # One proxy on this machine may speak for others (X-Forwarded-For); nobody else may.
        proxies = "127.0.0.1"
        config = uvicorn.Config(
            application,
            host,
            port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=proxies,
        )
        config.timeout_graceful_shutdown = 5
        uvicorn.Server(config).run()
    return ExitCode.OK
