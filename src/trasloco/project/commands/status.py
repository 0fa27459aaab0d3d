"""``trasloco status``: how the installation stands: workers, queues, mail servers, who waits for what, and what is wrong."""

from __future__ import annotations

import json

import click

from trasloco.project.database import prepare
from trasloco.project.exit_codes import ExitCode
from trasloco.project.options import SectionedCommand, option
from trasloco.project.screen import say

_EPILOG = """
Examples:
  trasloco status
  trasloco status --json

Exit status: 0 all is well, 1 something is wrong and was said first, 3 the database is not to be had.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@option("--json", "as_json", is_flag=True, section="Form", help="All of it as one JSON object, for programs.")
def status(*, as_json: bool) -> int:
    """Show how the installation stands, and what is wrong with it if anything is."""
    with prepare():
        from trasloco.project.standing_json import standing_json
        from trasloco.project.standing_text import show_standing
        from trasloco.records.standing import standing
        from trasloco.records.troubles import troubles, wrong

        found = standing()
        told = troubles(found)
        if as_json:
            click.echo(json.dumps(standing_json(found, told), indent=2, ensure_ascii=False))
        else:
            show_standing(found, told)
            if not told:
                say()
                say("All is well.", style="green")
    return ExitCode.SOMETHING_FAILED if wrong(told) else ExitCode.OK
