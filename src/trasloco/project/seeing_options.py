"""How an operator looks into the service: the options that ``serve``, ``panel`` and ``worker`` share.

Those of the log are put into the environment, where the processes that a command starts find them, too.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import click

from trasloco.project.log_file import FORMAT, FORMATS, PLACE, PLACES
from trasloco.project.options import option, together


def _keep(variable: str) -> Callable[[click.Context, click.Parameter, str | None], None]:
    def keep(_context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value:
            os.environ[variable] = value

    return keep


log_options = together(
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
)
