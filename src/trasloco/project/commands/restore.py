"""``trasloco restore``: a backup into an installation that has no database yet."""

from __future__ import annotations

from pathlib import Path

import click

from trasloco.project.exit_codes import ExitCode
from trasloco.project.options import SectionedCommand, option
from trasloco.project.password_files import read_password
from trasloco.project.screen import say

_EPILOG = """
Example, on a new machine:
  TRASLOCO_STATE_DIR=/var/lib/trasloco trasloco restore /backup/trasloco-monday --passphrase-file passphrase.txt
  TRASLOCO_STATE_DIR=/var/lib/trasloco trasloco serve

The installation the backup is of must not work any more: two that move the same mailboxes know nothing of each other.
Exit status: 0 restored, 3 something is in the way; then nothing was restored.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@option(
    "--passphrase-file",
    type=click.Path(),
    metavar="FILE",
    section="Keys",
    help="The passphrase that opens the keys in the backup; - for standard input. Or TRASLOCO_BACKUP_PASSPHRASE.",
)
def restore(directory: Path, passphrase_file: str | None) -> int:
    """Put the backup in DIRECTORY into an empty state directory, or the empty database DATABASE_URL names.

    Runs that were under way go on with the next start. Messages that were moved after the backup are found on the destination
    and counted as already there; nothing is copied twice.
    """
    from trasloco.project.backup import key_files
    from trasloco.project.restore import missing_keys
    from trasloco.project.restore import restore as put_back

    manifest = put_back(directory.absolute(), read_password(passphrase_file, "TRASLOCO_BACKUP_PASSPHRASE", "--passphrase-file"))
    say(f"Restored as of {manifest.made_at} (made by Trasloco {manifest.version}).")
    if missing_keys(manifest):
        say(f"Now bring the key files to {key_files()['master.key'].parent}, before anything is started: without master.key")
        say("the stored passwords cannot be read, and no account goes on.")
    say("With the next start of trasloco serve, or of a worker, all goes on where the backup was made.")
    return ExitCode.OK
