"""``trasloco parked``: the messages a destination takes in no form, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from trasloco.imap.utf7 import decode_name
from trasloco.project.database import prepare
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.options import SectionedCommand, option
from trasloco.project.parked_files import ParkedLetter, end_parked, parked_directory, write_parked
from trasloco.project.server_options import refuse_remote, server_options

if TYPE_CHECKING:
    from trasloco.records.models import ParkedMessage

_EPILOG = """
Examples:
  trasloco parked k7m2q9xd
  trasloco parked k7m2q9xd --output for-anna

Each is written as it is on the source: an .eml file that mail programs open and can file by hand.
Exit status: 0 written, or there is none; 2 no such migration, 3 the database, server or disk is in the way.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("code")
@option(
    "--output",
    type=click.Path(file_okay=False),
    metavar="DIR",
    section="What is written",
    help="The directory of the files, made when it is not there.  [default: parked-CODE]",
)
@server_options
def parked(code: str, output: str | None, **values: Any) -> int:
    """Write the messages of migration CODE that the destination would not take, one file each."""
    if values["server"]:
        from trasloco.project.elsewhere.parked import parked_there

        return parked_there(code, output, values)
    refuse_remote(())
    with prepare():
        # Django has to know its database before the records can be imported.
        from trasloco.records import queries

        migration = queries.migration(code)
        if migration is None:
            raise Halt(f"There is no migration {code}. trasloco report lists them all.", ExitCode.USAGE)
        directory = parked_directory(migration.code, output)
        return end_parked(write_parked(directory, map(_letter, queries.parked(migration))), directory)


def _letter(message: ParkedMessage) -> ParkedLetter:
    folder = decode_name(bytes(message.folder.source_name))
    return ParkedLetter(message.folder.account.destination_address, folder, message.source_uid, bytes(message.message))
