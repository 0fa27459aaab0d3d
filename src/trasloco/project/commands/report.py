"""``trasloco report``: what became of every message of a migration."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from trasloco.documents.report_csv import csv_report
from trasloco.documents.report_figures import STATUS_WORDS, Report, well
from trasloco.documents.report_json import json_report
from trasloco.project.database import prepare
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.options import SectionedCommand, option
from trasloco.project.report_file import refuse_unwritable, write_file
from trasloco.project.report_text import show_report
from trasloco.project.screen import say, table
from trasloco.project.server_options import refuse_remote, server_options

_EPILOG = """
Examples:
  trasloco report
  trasloco report k7m2q9xd
  trasloco report k7m2q9xd --html --output report.html
  trasloco report k7m2q9xd --server https://trasloco.example.net --token-file token.txt

Exit status: 0 all is well, 1 an account or message needs attention, 2 no such migration, 3 the database, or the server, is not to be had.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("code", required=False)
@option("--json", "as_json", is_flag=True, section="Form", help="The whole report for programs.")
@option("--csv", "as_csv", is_flag=True, section="Form", help="One line per account, run and folder, for a spreadsheet.")
@option("--html", "as_html", is_flag=True, section="Form", help="One page to send or print; loads nothing from anywhere.")
@option("--output", type=click.Path(dir_okay=False), metavar="FILE", section="Form", help="Write it there instead of to standard output.")
@server_options
def report(code: str | None, output: str | None, **values: Any) -> int:
    """Show the report of migration CODE; without CODE, list the migrations."""
    forms = [name for name in _FORMS if values[f"as_{name}"]]
    if len(forms) > 1:
        raise click.UsageError(f"In which form? --{' and --'.join(forms)} exclude each other.")
    form = forms[0] if forms else None
    if output and not form:
        raise click.UsageError("In which form? Give --json, --csv or --html with --output.")
    if form and not code:
        raise click.UsageError("Which migration? trasloco report alone lists them with their codes.")
    refuse_unwritable(output)
    if values["server"]:
        return _elsewhere(code, form, output, values)
    refuse_remote(())
    with prepare():
        if code is None:
            return _list()
        # Django has to know its database before the records can be imported.
        from trasloco.documents.report_document import report_document

        found = report_document(code)
    if found is None:
        raise Halt(f"There is no migration {code}. trasloco report lists them all.", ExitCode.USAGE)
    if form is None:
        show_report(found)
    else:
        _write(_FORMS[form](found), output)
    return ExitCode.OK if well(found) else ExitCode.SOMETHING_FAILED


def _elsewhere(code: str | None, form: str | None, output: str | None, values: Mapping[str, Any]) -> int:
    from trasloco.project.elsewhere.reports import list_there, report_there

    if code is None:
        return list_there(values)
    data, status = report_there(code, form, values)
    if form:
        _write(data, output)
    return status


def _html(found: Report) -> bytes:
    from trasloco.documents.report_html import html_report  # loads Django's templates: only when asked for

    return html_report(found).encode("utf-8", "replace")


_FORMS: dict[str, Callable[[Report], bytes]] = {"json": json_report, "csv": csv_report, "html": _html}


def _write(data: bytes, output: str | None) -> None:
    if output:
        write_file(output, data)
        say(f"The report is in {output}.")
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _list() -> int:
    from trasloco.records import queries

    found = queries.migrations()
    if not found:
        say("There is no migration yet. trasloco migrate begins one.")
        return ExitCode.OK
    rows: list[list[Any]] = [
        [
            item.code,
            item.created_at.astimezone().strftime("%Y-%m-%d %H:%M"),
            f"{item.accounts:,}",
            item.destination,
            ", ".join(f"{number}: {STATUS_WORDS.get(status, status)}" for number, status in item.runs) or "none yet",
        ]
        for item in found
    ]
    table("", ["Code", "Begun", "Accounts", "Destination", "Runs"], rows, numbers=["Accounts"])
    return ExitCode.OK
