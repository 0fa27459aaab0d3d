"""``trasloco resume``: a run that was stopped goes on."""

from __future__ import annotations

from typing import Any

import click

from trasloco.project.options import SectionedCommand
from trasloco.project.server_options import server_options

_EPILOG = """
Example:
  trasloco resume k7m2q9xd --server https://trasloco.example.net --token-file token.txt

Exit status: 0 done, 2 not possible as the migration stands, or no such migration, 3 the server is not to be had.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("code")
@server_options
def resume(code: str, **values: Any) -> int:
    """Let the run of migration CODE of another Trasloco go on that was stopped."""
    from trasloco.project.elsewhere.verbs import done_there

    return done_there(code, "resume", "Migration {code} goes on.", values)
