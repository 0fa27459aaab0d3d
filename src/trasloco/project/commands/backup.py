"""``trasloco backup``: the database as of one moment into a directory, while all goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from trasloco.documents.units import size_words
from trasloco.project.database import opened
from trasloco.project.exit_codes import ExitCode
from trasloco.project.options import SectionedCommand, option
from trasloco.project.password_files import read_password
from trasloco.project.screen import say

_EPILOG = """
Examples:
  trasloco backup
  trasloco backup /backup/trasloco-monday --passphrase-file passphrase.txt

The service may go on. With a passphrase the keys are in the backup, sealed by it: keep the passphrase elsewhere, without it they are
lost. Without one they are left out, and you keep copies of the files that are named. Both stay readable by you alone.
Exit status: 0 written, 3 the database, disk or directory is in the way.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("directory", required=False, type=click.Path(path_type=Path))
@option(
    "--passphrase-file",
    type=click.Path(),
    metavar="FILE",
    section="Keys",
    help="The passphrase that seals the keys, which are then in the backup, too; - for standard input. Or TRASLOCO_BACKUP_PASSPHRASE.",
)
def backup(directory: Path | None, passphrase_file: str | None) -> int:
    """Write a backup into DIRECTORY, which is made.  [default: trasloco-backup-DATE-TIME]

    It is the whole database as of one moment, so it can be made while runs are under way: what was moved afterwards is found
    on the destination when the backup is restored.
    """
    from trasloco.project.backup import DUMP, key_files, write_backup

    passphrase = read_password(passphrase_file, "TRASLOCO_BACKUP_PASSPHRASE", "--passphrase-file")
    place = (directory or Path(f"trasloco-backup-{datetime.now(UTC):%Y%m%d-%H%M%S}")).absolute()
    with opened() as database:
        write_backup(database, place, passphrase)
    say(f"The backup is in {place} ({size_words((place / DUMP).stat().st_size)}).")
    if passphrase is None:
        say("The keys are not in it. Without them nobody can read the stored passwords; keep copies of these files, apart from the backup:")
        for path in key_files().values():
            if path.exists():
                say(f"  {path}")
    else:
        say("The keys are in it, sealed by the passphrase: whoever has both can read the stored passwords.")
    return ExitCode.OK
