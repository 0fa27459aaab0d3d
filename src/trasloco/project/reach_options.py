"""``--allow-addresses`` and ``--allow-ports``: how far servers that strangers named may be. Read by ``engine.reach``.

What they say is put into the environment, where the processes that a command starts find it, too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import click

from trasloco.plan.address_policy import parse_ports, parse_ranges
from trasloco.project.options import option, together


class _Listed(click.ParamType[str]):
    """Text that ``parse`` understands, kept as text; several of them in an environment variable are separated by semicolons."""

    envvar_list_splitter = ";"

    def __init__(self, name: str, parse: Callable[[str], object], example: str) -> None:
        self.name = name
        self._parse, self._example = parse, example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            self._parse(str(value))
        except ValueError as error:
            self.fail(f'"{error}" is none of these. Write for example {self._example}.', param, ctx)
        return str(value)


def _keep(variable: str) -> Callable[[click.Context, click.Parameter, Sequence[str]], None]:
    def keep(_context: click.Context, _parameter: click.Parameter, values: Sequence[str]) -> None:
        if values:
            os.environ[variable] = ";".join(values)

    return keep


reach_options = together(
    option(
        "--allow-addresses",
        type=_Listed("range", parse_ranges, "10.1.0.0/16 or 192.168.7.20"),
        multiple=True,
        metavar="RANGE",
        section="Network",
        expose_value=False,
        callback=_keep("TRASLOCO_ALLOW_ADDRESSES"),
        help="Let servers be at these addresses, though they are private: 10.1.0.0/16. May be repeated.",
    ),
    option(
        "--allow-ports",
        type=_Listed("ports", parse_ports, "1993 or 2000-2999"),
        multiple=True,
        metavar="PORTS",
        section="Network",
        expose_value=False,
        callback=_keep("TRASLOCO_ALLOW_PORTS"),
        help="Let servers be at these ports beside 143, 993, 110 and 995: 1993 or 2000-2999. May be repeated.",
    ),
)
