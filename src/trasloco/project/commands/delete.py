"""``trasloco delete``: a migration of another Trasloco is deleted with all that is known of it."""

from __future__ import annotations

from typing import Any

import click

from trasloco.project.options import SectionedCommand, option
from trasloco.project.server_options import server_options

_EPILOG = """
Example:
  trasloco delete k7m2q9xd --server https://trasloco.example.net --token-file token.txt

The mail itself is not touched, on neither side. Fetch report and proofs first: trasloco report, trasloco proof.
Exit status: 0 deleted, 2 a run is under way, or no such migration, 3 the server is not to be had, 130 you said no.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("code")
@option("--yes", is_flag=True, section="Question", help="Do not ask.")
@server_options
def delete(code: str, **values: Any) -> int:
    """Delete migration CODE of another Trasloco: its report, proofs, logs, passwords, and what is known of every message."""
    from trasloco.project.elsewhere.verbs import deleted_there

    return deleted_there(code, values)
