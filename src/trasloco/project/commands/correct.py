"""``trasloco correct``: other passwords for accounts of another Trasloco's migration whose login fails."""

from __future__ import annotations

from typing import Any

import click

from trasloco.project.options import SectionedCommand, option
from trasloco.project.server_options import server_options

_EPILOG = """
Examples:
  trasloco correct k7m2q9xd corrected.csv --server https://trasloco.example.net --token-file token.txt
  trasloco correct k7m2q9xd new-passwords.csv --destination-side --server https://trasloco.example.net --token-file token.txt

Nothing is kept while a line is wrong.
Exit status: 0 kept, 2 a line is wrong, no login fails, or no such migration, 3 the server is not to be had.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("code")
@click.argument("file", type=click.Path())
@option(
    "--destination-side",
    is_flag=True,
    section="Whose passwords",
    help="Those of the new mailboxes, as lines address;password. Without it: of the old ones, as lines of the CSV.",
)
@server_options
def correct(code: str, file: str, destination_side: bool, **values: Any) -> int:
    """Give other passwords, from FILE, for the accounts of migration CODE of another Trasloco whose logins fail.

    FILE has the lines of these accounts alone, with all but the password as it was; - reads standard input. Their logins are
    tried at once, and accounts whose logins work go on.
    """
    from trasloco.project.elsewhere.verbs import corrected_there

    return corrected_there(code, file, "destination" if destination_side else "source", values)
