"""``trasloco demo``: a whole migration to watch."""

from __future__ import annotations

from pathlib import Path

import click

from trasloco.project.exit_codes import ExitCode
from trasloco.project.options import SectionedCommand, option


@click.command(cls=SectionedCommand)
@option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="DIR",
    section="Where",
    help="Keep the accounts, the database and the reports in DIR.",
)
def demo(keep: Path | None) -> int:
    """Watch a whole migration between two IMAP servers on this machine.

    Starts two real servers on loopback, fills nine mailboxes, migrates them, lets new mail arrive,
    migrates again, and compares both sides byte for byte. Takes less than a minute, changes nothing
    outside its own directory and a cache of the servers, and ends with 1 when anything is not right.
    """
    from trasloco.project.demo.story import demo as play

    return ExitCode.OK if play(keep) else ExitCode.SOMETHING_FAILED
