"""``trasloco start``: the next run of a migration begins at once."""

from __future__ import annotations

from typing import Any

import click

from trasloco.project.options import SectionedCommand
from trasloco.project.server_options import server_options

_EPILOG = """
Example:
  trasloco start k7m2q9xd --server https://trasloco.example.net --token-file token.txt

Exit status: 0 done, 2 not possible as the migration stands, or no such migration, 3 the server is not to be had.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("code")
@server_options
def start(code: str, **values: Any) -> int:
    """Begin the next planned run of migration CODE of another Trasloco at once."""
    from trasloco.project.elsewhere.verbs import done_there

    return done_there(code, "start", "Migration {code}: the next run begins now.", values)
