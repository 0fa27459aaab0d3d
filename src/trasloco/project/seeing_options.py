"""How an operator looks into the service: the options that ``serve``, ``panel`` and ``worker`` share.

What they say is put into the environment, where the processes that a command starts find them, too.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from trasloco.project.log_file import FORMAT, FORMATS, PLACE, PLACES
from trasloco.project.options import option, together
from trasloco.project.worker_traces import check_traces

METRICS, TRACES, HEALTH = "TRASLOCO_METRICS", "TRASLOCO_TRACES", "TRASLOCO_HEALTH"


def _keep(variable: str) -> Callable[[click.Context, click.Parameter, str | None], None]:
    def keep(_context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value:
            os.environ[variable] = value

    return keep


class ListeningAddress(click.ParamType[tuple[str, int]]):
    """``9464`` (of 127.0.0.1), ``127.0.0.1:9464`` or ``[::1]:9464``: host and port. example: of a port, for what is said."""

    name = "address"

    def __init__(self, example: int) -> None:
        self._example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        host, colon, port = str(value).rpartition(":")
        host = host.removeprefix("[").removesuffix("]") if colon else "127.0.0.1"
        if not host or not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
            example = self._example
            self.fail(f'"{value}" is not an address with a port. Write for example {example}, or 127.0.0.1:{example}.', param, ctx)
        return host, int(port)


class Collector(click.ParamType[str]):
    """``http://127.0.0.1:4318``: where a collector of OpenTelemetry listens, without a path and without a password."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if "@" in str(value):  # not said again: it stands where everybody can see it already
            self.fail("it has a password in it. Give what the collector wants in OTEL_EXPORTER_OTLP_HEADERS instead.", param, ctx)
        parts = urlsplit(str(value))
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            self.fail(f'"{value}" is not the address of a collector. Write for example http://127.0.0.1:4318.', param, ctx)
        return str(value).rstrip("/")


def _keep_address(variable: str) -> Callable[[click.Context, click.Parameter, tuple[str, int] | None], tuple[str, int] | None]:
    """Also where ``engine.own_ports`` looks: nobody is led there."""

    def keep(_context: click.Context, _parameter: click.Parameter, value: tuple[str, int] | None) -> tuple[str, int] | None:
        if value is not None:
            host, port = value
            os.environ[variable] = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return value

    return keep


def _keep_traces(_context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    check_traces(value)
    if value is not None:
        os.environ[TRACES] = value


seeing_options = together(
    option(
        "--log-format",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        section="Seeing",
        expose_value=False,
        is_eager=True,
        callback=_keep(FORMAT),
        help="How lines of the log are written: for people, or one JSON object each, with migration, run and account as fields.",
    ),
    option(
        "--log-to",
        type=click.Choice(PLACES),
        default="file",
        show_default=True,
        section="Seeing",
        expose_value=False,
        callback=_keep(PLACE),
        help="Where the log goes: trasloco.log of the state directory, or standard error, as containers want it.",
    ),
    option(
        "--metrics",
        type=ListeningAddress(9464),
        default=None,
        metavar="ADDRESS:PORT",
        section="Seeing",
        callback=_keep_address(METRICS),
        help="Answer Prometheus here, at /metrics: 9464, or 127.0.0.1:9464. Without a password; keep it away from the Internet.",
    ),
)

traces_option = option(
    "--traces",
    type=Collector(),
    default=None,
    metavar="URL",
    section="Seeing",
    expose_value=False,
    callback=_keep_traces,
    help="Send traces of runs, accounts, folders and batches to this OpenTelemetry collector, by OTLP over HTTP: http://127.0.0.1:4318.",
)

metrics_as_option = click.option(
    "--metrics-as", type=click.Path(path_type=Path), default=None, hidden=True, help="Where a supervised process keeps its metrics."
)

health_option = option(
    "--health",
    type=ListeningAddress(8081),
    default=None,
    metavar="ADDRESS:PORT",
    section="Seeing",
    callback=_keep_address(HEALTH),
    help="Answer probes here, at /healthz and /readyz: 8081, or 127.0.0.1:8081. The panel answers them on its own port.",
)
