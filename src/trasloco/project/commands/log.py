"""``trasloco log``: what happened to one account of another Trasloco's migration."""

from __future__ import annotations

from typing import Any

import click

from trasloco.project.options import SectionedCommand, option
from trasloco.project.server_options import server_options

_EPILOG = """
Example:
  trasloco log k7m2q9xd anna@example.net --problems --server https://trasloco.example.net --token-file token.txt

Each kind of line is explained in docs/log.md.
Exit status: 0 shown, 2 no such migration, account or run, 3 there was no run yet, or the server is not to be had.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("code")
@click.argument("address")
@option("--run", type=click.IntRange(min=1), metavar="N", section="What is shown", help="Of this run. Default: the last one.")
@option("--problems", is_flag=True, section="What is shown", help="Warnings and errors only.")
@option("--output", type=click.Path(dir_okay=False), metavar="FILE", section="What is shown", help="Write it there.")
@server_options
def log(code: str, address: str, **values: Any) -> int:
    """Show the log of the account with this ADDRESS on the destination, in migration CODE of another Trasloco."""
    from trasloco.project.elsewhere.logs import log_there

    return log_there(code, address, values)
