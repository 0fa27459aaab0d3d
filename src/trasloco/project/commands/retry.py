"""``trasloco retry``: accounts of another Trasloco's migration that failed are tried again."""

from __future__ import annotations

from typing import Any

import click

from trasloco.project.options import SectionedCommand, option
from trasloco.project.server_options import server_options

_EPILOG = """
Examples:
  trasloco retry k7m2q9xd --server https://trasloco.example.net --token-file token.txt
  trasloco retry k7m2q9xd --account anna@example.net --server https://trasloco.example.net --token-file token.txt

Exit status: 0 done, 2 there is nothing to try again, or no such migration or account, 3 the server is not to be had.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("code")
@option(
    "--account",
    "addresses",
    multiple=True,
    metavar="ADDRESS",
    section="What is tried",
    help="Only this account (its address on the destination). May be repeated.",
)
@server_options
def retry(code: str, addresses: tuple[str, ...], **values: Any) -> int:
    """Try the accounts of migration CODE of another Trasloco again that failed, or wait for their next try."""
    from trasloco.project.elsewhere.verbs import retried_there

    return retried_there(code, addresses, values)
