"""``trasloco migrate``: all mailboxes of a CSV, as often as it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from trasloco.documents.report_figures import Report, attention, well
from trasloco.documents.report_json import json_report
from trasloco.documents.units import count_words
from trasloco.plan.providers import providers
from trasloco.plan.table import Row
from trasloco.project.accounts_file import read_accounts, show_problems
from trasloco.project.database import prepare
from trasloco.project.destination import Destination, destination_of
from trasloco.project.elsewhere.migrate_options import NAMES, planning_options
from trasloco.project.encryption import TlsOptions
from trasloco.project.event_loop import run
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.log_file import keep_log
from trasloco.project.oauth_file import read_oauth
from trasloco.project.options import (
    SECRET_FILES,
    Sample,
    SectionedCommand,
    accounts_argument,
    destination_options,
    mail_options,
    mail_settings,
    network_options,
    option,
    pace_limits,
    pace_options,
    report_option,
    source_oauth_option,
    tls_options,
    together,
)
from trasloco.project.password_files import one_reads_standard_input
from trasloco.project.paths import state_directory
from trasloco.project.reach_options import reach_options
from trasloco.project.report_file import refuse_unwritable, write_file
from trasloco.project.report_text import show_report
from trasloco.project.rest_words import say_rest
from trasloco.project.screen import say
from trasloco.project.server_options import refuse_remote, server_options
from trasloco.project.type_hints import type_hints

if TYPE_CHECKING:  # all need Django to be set up
    from trasloco.project.migrating import Ending
    from trasloco.project.verifying import Verified
    from trasloco.records.models import MailMigration

_EPILOG = """
Examples:
  trasloco migrate accounts.csv --destination imaps://mx.example.net \\
      --destination-master migrator --destination-master-password-file master.txt
  trasloco migrate accounts.csv --destination imaps://mx.example.net \\
      --destination-passwords new-passwords.csv --runs 2 --report report.json
  trasloco migrate accounts.csv --server https://trasloco.example.net --token-file token.txt --recipient anna@example.net

The password of the master may also stand in TRASLOCO_DESTINATION_MASTER_PASSWORD.
State (database, keys, log): TRASLOCO_STATE_DIR, DATABASE_URL, TRASLOCO_MASTER_KEY_FILE.
Exit status: 0 all is well, 1 an account or message needs attention, 2 the command or the CSV is wrong
(nothing was begun), 3 Trasloco itself could not work, 4 it rests until the hour it names, 130 interrupted.
"""

_run_options = together(
    option(
        "--runs",
        type=click.Choice(["1", "2"]),
        default="1",
        show_default=True,
        section="Runs",
        help="How many runs to make now, one after the other. The same command later makes a further one.",
    ),
    option(
        "--concurrency",
        type=click.IntRange(1, 200),
        default=20,
        show_default=True,
        metavar="N",
        section="Runs",
        help="How many accounts are worked on at once.",
    ),
    option(
        "--verify",
        type=Sample(),
        metavar="N|all",
        section="Runs",
        help="After the runs, read all messages of each account (or N of them, at random) on the destination again and compare.",
    ),
)


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@accounts_argument
@source_oauth_option
@destination_options
@_run_options
@mail_options
@tls_options
@network_options
@reach_options
@pace_options
@report_option
@server_options
@planning_options
def migrate(accounts: str, **values: Any) -> int:
    """Move all mailboxes of ACCOUNTS.csv to --destination.

    The same command goes on where it was after a stop or a kill. When all is copied, it makes a
    further run that brings what is new. Nothing is ever deleted on the source.

    With --server the mailboxes are moved by another Trasloco, to where its domains are; this command plans and watches.
    """
    if values["server"]:
        from trasloco.project.elsewhere.migrating import migrate_there

        return migrate_there(accounts, values)
    refuse_remote(NAMES)
    one_reads_standard_input(accounts, *(values[name] for name in SECRET_FILES))
    tls = TlsOptions.of(values)
    refuse_unwritable(values["report"])
    destination = destination_of(values, tls.destination)
    if destination is None:
        raise click.UsageError("Where does the mail go? Give --destination imaps://host, and how its mailboxes are opened.")
    oauth = read_oauth(values["source_oauth"])
    server = providers()[values["source_type"]].server
    rows = _rows(accounts, destination, by_token=oauth is not None, server=server)
    for hint in type_hints(rows, values["source_type"], by_token=oauth is not None):
        say(f"To think about: {hint}")
    keep_log(state_directory(), "migrate")
    with prepare():
        # The records can be imported only now: Django has to know its database first.
        from django.db import close_old_connections

        from trasloco.documents.report_document import report_document
        from trasloco.project import migrating

        provider = providers()[values["source_type"]]
        settings, limits = mail_settings(values, provider), pace_limits(values, provider)
        private = values["allow_private_addresses"]
        chosen = {"allow_private": private, "oauth": oauth, "limits": limits, "window": values["window"]}
        opened = migrating.open_migration(rows, destination, tls.source, settings, provider.name, **chosen)
        say(f"Migration {opened.code}: {count_words(len(rows), 'account')} to {destination.endpoint}.")
        first, last = migrating.runs_to_make(opened, int(values["runs"]))
        ending = run(migrating.migrate(opened, last, values["concurrency"], wait=values["wait"]))
        verified = _verify(opened, values) if ending.finished else []
        close_old_connections()  # the database may have been restarted while others were at work
        report = report_document(opened.code)
        if report is None:
            raise Halt(f"The migration {opened.code} is gone from the database. Somebody must have removed it meanwhile.")
    return _end(report, values["report"], first, verified, ending)


def _rows(file: str, destination: Destination, *, by_token: bool, server: str) -> Sequence[Row]:
    """The rows of a faultless CSV; otherwise all that is wrong is shown and the command ends."""
    table = read_accounts(file, by_token=by_token, server=server)
    show_problems(f"{file}: what is wrong", table.problems)
    if table.problems:
        raise Halt("Nothing was begun. Correct the file, then run the same command again.", ExitCode.USAGE)
    show_problems(f"{file}: to think about", table.warnings)
    missing = destination.without_password([row.destination for row in table.rows])
    if missing:
        listed = "\n".join(f"  {address}" for address in missing)
        raise Halt(f"The file of --destination-passwords has no line for:\n{listed}\nNothing was begun.", ExitCode.USAGE)
    return table.rows


def _verify(opened: MailMigration, values: Mapping[str, Any]) -> list[Verified] | None:
    """What --verify asks for: nothing, a sample or all; None when a signal ended it."""
    if values["verify"] is None:
        return []
    from trasloco.project.verifying import verify_accounts
    from trasloco.records.verification import accounts_of

    return run(verify_accounts(accounts_of(opened, ()), values["verify"] or None, values["concurrency"]))


def _end(report: Report, file: str | None, first_run: int, verified: list[Verified] | None, ending: Ending) -> int:
    """Write and show the report, say what to do next; the exit status."""
    if file:
        write_file(file, json_report(report))
    if ending.goes_on is not None:
        say_rest(ending.goes_on)
        return ExitCode.RESTS
    if not ending.finished or verified is None:
        say("Stopped. The same command goes on where it was.")
        return ExitCode.INTERRUPTED
    show_report(report, first_run)
    say()
    if verified:
        from trasloco.project.verification_text import show_verification

        show_verification(verified)
        say()
    for line in _next(report, file):
        say(line)
    as_it_should_be = well(report) and all(item.found.well for item in verified)
    return ExitCode.OK if as_it_should_be else ExitCode.SOMETHING_FAILED


def _next(report: Report, file: str | None) -> list[str]:
    code = report["migration"]
    lines = [f"The report is in {file}."] if file else []
    lines.append(f"As a page: trasloco report {code} --html --output report.html")
    lines.append(f"For the customers, sealed: trasloco proof {code}")
    if attention(report):
        lines.append("Next: look at what needs attention above. The same command tries again; nothing is copied twice.")
    elif max(len(account["runs"]) for account in report["accounts"]) == 1:
        lines.append("Next: let the MX record point to the new server. When no mail comes to the old one any more,")
        lines.append("run the same command again: it brings what has arrived meanwhile.")
    else:
        lines.append("Next: as long as mail still comes to the old server, the same command brings it.")
    return lines
