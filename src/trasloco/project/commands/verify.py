"""``trasloco verify``: read the destination again and compare."""

from __future__ import annotations

import click

from trasloco.documents.report_json import json_report
from trasloco.project.database import prepare
from trasloco.project.event_loop import run
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.options import SectionedCommand, option
from trasloco.project.reach_options import reach_options
from trasloco.project.report_file import refuse_unwritable, write_file
from trasloco.project.screen import say

DEFAULT_SAMPLE = 100

_EPILOG = """
Examples:
  trasloco verify k7m2q9xd --all
  trasloco verify k7m2q9xd --sample 500 --account anna@example.net

The passwords of the migration are used again. When they have been wiped, trasloco migrate with the same
CSV and --verify all brings them back and verifies.
Exit status: 0 all is as it should be, 1 a message is missing or different or an account could not be read,
2 no such migration or account, 3 the database is not to be had, 130 interrupted.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("code")
@option("--all", "everything", is_flag=True, section="What is verified", help="Every message.")
@option(
    "--sample",
    type=click.IntRange(1),
    metavar="N",
    section="What is verified",
    help=f"So many messages of each account, taken at random.  [default: {DEFAULT_SAMPLE}]",
)
@option(
    "--account",
    "addresses",
    multiple=True,
    metavar="ADDRESS",
    section="What is verified",
    help="Only this account (its address on the destination). May be repeated.",
)
@option(
    "--concurrency",
    type=click.IntRange(1, 200),
    default=20,
    show_default=True,
    metavar="N",
    section="How",
    help="How many accounts are read at once.",
)
@option("--report", type=click.Path(dir_okay=False), metavar="FILE.json", section="How", help="Write the report with the findings there.")
@reach_options
def verify(code: str, everything: bool, sample: int | None, addresses: tuple[str, ...], concurrency: int, report: str | None) -> int:
    """Read the messages of migration CODE on the destination again and compare them with what was sent.

    Nothing of the migration's own state is trusted: a login of its own fetches the messages by their
    UIDs and takes the SHA-256 of their bytes. Nothing is changed anywhere.
    """
    if everything and sample is not None:
        raise click.UsageError("Give --all or --sample, not both.")
    refuse_unwritable(report)
    with prepare():
        # Django has to know its database before the records can be imported.
        from trasloco.documents.report_document import report_document
        from trasloco.project.verification_text import show_verification
        from trasloco.project.verifying import verify_accounts
        from trasloco.records import queries
        from trasloco.records.verification import accounts_of

        migration = queries.migration(code)
        if migration is None:
            raise Halt(f"There is no migration {code}. trasloco report lists them all.", ExitCode.USAGE)
        accounts = accounts_of(migration, addresses)
        if len(accounts) < max(1, len({address.casefold() for address in addresses})):
            raise Halt(f"Migration {migration.code} has no such account. trasloco report {migration.code} lists them.", ExitCode.USAGE)
        results = run(verify_accounts(accounts, None if everything else sample or DEFAULT_SAMPLE, concurrency))
        if results is None:
            return ExitCode.INTERRUPTED
        document = report_document(migration.code)
        if report and document is not None:
            write_file(report, json_report(document))
    show_verification(results)
    if not everything:
        say("This was a sample. --all verifies every message.")
    return ExitCode.OK if all(item.found.well for item in results) else ExitCode.SOMETHING_FAILED
