"""``trasloco parked``: the messages a destination takes in no form, as files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trasloco.documents.units import count_words
from trasloco.imap.utf7 import decode_name
from trasloco.project.database import prepare
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.options import SectionedCommand, option
from trasloco.project.report_file import write_file
from trasloco.project.screen import say

if TYPE_CHECKING:
    from trasloco.records.models import ParkedMessage

_EPILOG = """
Examples:
  trasloco parked k7m2q9xd
  trasloco parked k7m2q9xd --output for-anna

Each is written as it is on the source: an .eml file that mail programs open and can file by hand.
Exit status: 0 written, or there is none; 2 no such migration, 3 the database or disk is in the way.
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
def parked(code: str, output: str | None) -> int:
    """Write the messages of migration CODE that the destination would not take, one file each."""
    with prepare():
        # Django has to know its database before the records can be imported.
        from trasloco.records import queries

        migration = queries.migration(code)
        if migration is None:
            raise Halt(f"There is no migration {code}. trasloco report lists them all.", ExitCode.USAGE)
        directory = Path(output or f"parked-{migration.code}")
        count = 0
        for message in queries.parked(migration):
            path = directory / _directory_of(message) / f"{message.source_uid}.eml"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(str(path), bytes(message.message))
            say(str(path))
            count += 1
    say(
        f"{count_words(count, 'message')} in {directory}."
        if count
        else "Nothing is parked: the destination took every message in some form."
    )
    return ExitCode.OK


def _directory_of(message: ParkedMessage) -> Path:
    """Account and folder as two levels whose names any file system takes and nothing can climb out of."""
    names = (message.folder.account.destination_address, decode_name(bytes(message.folder.source_name)))
    return Path(*(re.sub(r"[^\w@.+ -]|^\.+", "_", name)[:120] or "_" for name in names))
