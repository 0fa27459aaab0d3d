"""``trasloco worker``: does what the panel asks for: checks, runs, mails, all on schedule."""

from __future__ import annotations

import os

import click

from trasloco.project.database import prepare
from trasloco.project.event_loop import run
from trasloco.project.exit_codes import ExitCode
from trasloco.project.log_file import keep_log
from trasloco.project.options import SectionedCommand, option
from trasloco.project.paths import state_directory
from trasloco.project.reach_options import reach_options
from trasloco.project.screen import say
from trasloco.project.supervised import end_with_supervisor, supervised_option


@click.command(cls=SectionedCommand)
@option(
    "--concurrency",
    type=click.IntRange(1, 200),
    default=20,
    show_default=True,
    metavar="N",
    section="Worker",
    help="How many accounts are worked on at once.",
)
@option("--quiet", is_flag=True, default=False, section="Worker", help="Say nothing on the terminal but what is wrong.")
@reach_options
@supervised_option
def worker(concurrency: int, *, quiet: bool, supervised: bool) -> int:
    """Work for the panel until Ctrl-C or SIGTERM; what is under way then goes on at the next start."""
    keep_log(state_directory(), "worker")
    if supervised:
        end_with_supervisor()
    with prepare():
        from trasloco.jobs.worker import work
        from trasloco.project.interruption import Interruption

        async def until_asked() -> None:
            # Under serve it is serve that says so.
            words = "" if supervised else "Stopping. What is under way is put down at a safe point and goes on at the next start."
            async with Interruption(words, insist=not supervised) as stop:
                await work(concurrency, stop=stop, abandon=lambda: os._exit(ExitCode.OK))

        if not quiet:
            say(f"Working, up to {concurrency} accounts at once.")
        run(until_asked())
    return ExitCode.OK
