"""``trasloco follow``: a migration of another Trasloco, watched while it moves."""

from __future__ import annotations

from typing import Any

import click

from trasloco.project.options import SectionedCommand, option
from trasloco.project.server_options import server_options

_EPILOG = """
Example:
  trasloco follow k7m2q9xd --server https://trasloco.example.net --token-file token.txt

Ctrl-C ends this command and nothing else. It waits up to a quarter of an hour for a server that does not answer, as during an upgrade.
Exit status: 0 all is well, 1 an account or message needs attention, 2 no such migration, 3 the server is not to be had, 130 interrupted.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("code")
@option(
    "--runs",
    type=click.IntRange(min=1),
    metavar="N",
    section="How long",
    help="Until this run has ended. Default: the one that is under way or comes next.",
)
@server_options
def follow(code: str, **values: Any) -> int:
    """Watch migration CODE of another Trasloco, and show its report when the run has ended."""
    from trasloco.project.elsewhere.verbs import followed_there

    return followed_there(code, values)
