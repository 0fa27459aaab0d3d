"""Which Trasloco a command speaks to: by default the database of this machine, with ``--server`` another one, by its API."""

from __future__ import annotations

from collections.abc import Collection

import click
from click.core import ParameterSource

from trasloco.project.options import option, together

SECTION = "Another Trasloco"
TOKEN_VARIABLE = "TRASLOCO_TOKEN"  # noqa: S105 - its name
FIELDS = ("server", "token_file", "server_ca")

server_options = together(
    option(
        "--server",
        metavar="URL",
        section=SECTION,
        help="Ask the Trasloco whose panel is at this address, by its API (docs/api.md): https://trasloco.example.net.",
    ),
    option(
        "--token-file",
        metavar="FILE",
        section=SECTION,
        help="A token of its API, from its page of your profile; - reads standard input.",
    ),
    option(
        "--server-ca",
        type=click.Path(exists=True, dir_okay=False, readable=True),
        metavar="FILE",
        section=SECTION,
        help="The certificates (PEM) that vouch for it, instead of the usual authorities.",
    ),
)


def refuse_local(allowed: Collection[str]) -> None:
    """With --server: what was said on the command line and is for this machine only must not be passed over in silence.

    allowed: names of parameters that hold for both. Raises ``click.UsageError``."""
    context = click.get_current_context()
    known = {*allowed, *FIELDS}
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if given and parameter.name not in known and isinstance(parameter, click.Option):
            raise click.UsageError(f"{parameter.opts[-1]} is for this machine; with --server it is set there, in the panel.")


def refuse_remote(names: Collection[str]) -> None:
    """Without --server: the same of what is said to another Trasloco only. Raises ``click.UsageError``."""
    context = click.get_current_context()
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if given and parameter.name in {*names, *FIELDS} and isinstance(parameter, click.Option):
            raise click.UsageError(f"{parameter.opts[-1]} goes with --server.")
