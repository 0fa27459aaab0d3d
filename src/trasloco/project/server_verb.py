"""Commands that do one thing with a migration of another Trasloco, by one request."""

from __future__ import annotations

from typing import Any

import click

from trasloco.project.options import SectionedCommand
from trasloco.project.server_options import server_options

_EPILOG = """
Example:
  trasloco {name} k7m2q9xd --server https://trasloco.example.net --token-file token.txt

Exit status: 0 done, 2 not possible as the migration stands, or no such migration, 3 the server is not to be had.
"""


def server_verb(name: str, text: str, done: str) -> click.Command:
    """The command ``trasloco name CODE``, which is an operation of the API of the same name. text: its help. done: what is said
    afterwards, with {code} for the code."""

    @click.command(name, cls=SectionedCommand, help=text, epilog=_EPILOG.format(name=name))
    @click.argument("code")
    @server_options
    def verb(code: str, **values: Any) -> int:
        from trasloco.project.elsewhere.verbs import done_there

        return done_there(code, name, done, values)

    return verb
