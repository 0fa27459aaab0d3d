"""``trasloco demo``: a whole migration to watch."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from trasloco.project.exit_codes import ExitCode
from trasloco.project.options import SectionedCommand, option

UNWATCHED_SECONDS = 60.0  # the panel's life where nobody can press Ctrl-C


@click.command(cls=SectionedCommand)
@option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="DIR",
    section="Where",
    help="Keep the accounts, the database and the reports in DIR.",
)
@option(
    "--panel-for",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    section="Panel",
    help="Close the panel after so long; 0: do not open it. Default: it stays open until Ctrl-C; a minute where there is no terminal.",
)
def demo(keep: Path | None, panel_for: float | None) -> int:
    """Watch a whole migration between two IMAP servers on this machine.

    Starts two real servers on loopback, fills nine mailboxes, migrates them, lets new mail arrive,
    migrates again, and compares both sides byte for byte. Takes less than a minute, changes nothing
    outside its own directory and a cache of the servers, and ends with 1 when anything is not right.
    Then the panel is open on what was done, and a migration of your own can be tried in it.
    """
    from trasloco.project.demo.story import demo as play

    if panel_for is None and not sys.stdout.isatty():
        panel_for = UNWATCHED_SECONDS
    return ExitCode.OK if play(keep, panel_for) else ExitCode.SOMETHING_FAILED
