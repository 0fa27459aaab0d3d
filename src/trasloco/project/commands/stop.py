"""``trasloco stop``: a run of a migration is stopped."""

from __future__ import annotations

from typing import Any

import click

from trasloco.project.options import SectionedCommand
from trasloco.project.server_options import server_options

_EPILOG = """
Example:
  trasloco stop k7m2q9xd --server https://trasloco.example.net --token-file token.txt

Exit status: 0 done, 2 not possible as the migration stands, or no such migration, 3 the server is not to be had.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("code")
@server_options
def stop(code: str, **values: Any) -> int:
    """Stop the run of migration CODE of another Trasloco. What was copied stays, and nothing is lost."""
    from trasloco.project.elsewhere.verbs import done_there

    words = "Migration {code}: the run is stopped. What was copied stays; trasloco resume {code} lets it go on."
    return done_there(code, "stop", words, values)
