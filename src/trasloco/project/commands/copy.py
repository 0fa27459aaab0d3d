"""``trasloco copy``: one mailbox to one mailbox."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import click

from trasloco.documents.report_json import json_report
from trasloco.engine.account import Outcome, RunStatus, Settings, Side
from trasloco.engine.failure import SideName
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.engine.pace import RESTS
from trasloco.engine.token_source import TokenSource
from trasloco.imap.sasl import Credentials
from trasloco.plan.endpoints import destination_url
from trasloco.plan.providers import of_host, providers
from trasloco.project.copy_pace import CopyPace
from trasloco.project.copying import CopySink, copy_mailbox, copy_report, exceptions_of
from trasloco.project.encryption import Encryption, TlsOptions
from trasloco.project.event_loop import run
from trasloco.project.exit_codes import ExitCode
from trasloco.project.interruption import Interruption
from trasloco.project.oauth_file import read_oauth
from trasloco.project.options import (
    SectionedCommand,
    mail_options,
    mail_settings,
    option,
    pace_limits,
    pace_options,
    report_option,
    source_oauth_option,
    tls_options,
)
from trasloco.project.password_files import one_reads_standard_input, read_password
from trasloco.project.report_file import refuse_unwritable, write_file
from trasloco.project.report_text import show_report
from trasloco.project.rest_words import say_rest
from trasloco.project.screen import interactive, say, table
from trasloco.project.watching import watch
from trasloco.sources.tokens import token_source

_EPILOG = """
Examples:
  trasloco copy --from imaps://anna@imap.old.example --from-password-file old.txt \\
      --to imaps://anna%40example.net@mx.example.net --to-password-file new.txt

Passwords: from the files, or from TRASLOCO_FROM_PASSWORD and TRASLOCO_TO_PASSWORD; never from the command line.
Exit status: 0 all is well, 1 a folder or message needs attention, 2 the command is wrong,
4 it rests until the hour it names, 130 interrupted.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@option(
    "--from",
    "from_",
    metavar="URL",
    required=True,
    section="Mailboxes",
    help="imaps://user@host[:port]: the mailbox to copy; pop3://... where there is no IMAP.",
)
@option("--from-password-file", metavar="FILE", section="Mailboxes", help="Its password; - reads standard input.")
@source_oauth_option
@option("--to", metavar="URL", required=True, section="Mailboxes", help="imaps://user@host[:port]: the mailbox to fill.")
@option("--to-password-file", metavar="FILE", section="Mailboxes", help="Its password; - reads standard input.")
@mail_options
@tls_options
@pace_options
@report_option
def copy(from_: str, to: str, from_password_file: str | None, to_password_file: str | None, **values: Any) -> int:
    """Copy all mail of one mailbox into another, without a database.

    Folders, flags and dates are kept. What is there already is not copied again, so the same
    command may be repeated: after a stop, or to bring what has come since.
    """
    tls = TlsOptions.of(values)
    refuse_unwritable(values["report"])
    one_reads_standard_input(from_password_file, to_password_file, values["source_oauth"])
    oauth = read_oauth(values["source_oauth"])
    source = _side(SideName.SOURCE, from_, from_password_file, "from", tls.source, token_source(oauth) if oauth else None)
    destination = _side(SideName.DESTINATION, to, to_password_file, "to", tls.destination)
    settings = mail_settings(values)
    known = of_host(source.endpoint.host) or providers()["standard"]
    pace = CopyPace(pace_limits(values, known), values["window"], values["wait"])
    ledger = MemoryLedger()
    outcome = run(_copy(source, destination, settings, ledger, pace))
    if outcome is None:
        return ExitCode.INTERRUPTED
    report = copy_report(source, destination, outcome, run(exceptions_of(ledger)))
    if values["report"]:
        write_file(values["report"], json_report(report))
    show_report(report)
    if outcome.failure is not None and outcome.failure.code in RESTS:
        say()
        say_rest(pace.goes_on(outcome.failure))
        return ExitCode.RESTS
    return ExitCode.OK if outcome.status is RunStatus.COMPLETED else ExitCode.SOMETHING_FAILED


def _side(name: SideName, url: str, file: str | None, word: str, encryption: Encryption, tokens: TokenSource | None = None) -> Side:
    try:
        endpoint, login = destination_url(url, tls=encryption.tls, starttls=encryption.starttls, pop3=name is SideName.SOURCE)
    except ValueError as error:
        raise click.UsageError(f"--{word}: {error}") from None
    if not login:
        raise click.UsageError(f"--{word}: whose mailbox? Write the login before the host: imaps://login@{endpoint.host}")
    if tokens is not None:
        if file:
            raise click.UsageError(f"--{word}-password-file has no use beside --source-oauth: leave one of them out.")
        return Side.by_token(name, endpoint, login, tokens)
    variable = f"TRASLOCO_{word.upper()}_PASSWORD"
    secret = read_password(file, variable, f"--{word}-password-file")
    if secret is None:
        raise click.UsageError(f"The password is missing: give --{word}-password-file FILE, or set {variable}.")
    return Side(name, endpoint, Credentials(login, secret))


async def _copy(source: Side, destination: Side, settings: Settings, ledger: MemoryLedger, pace: CopyPace) -> Outcome | None:
    """The outcome, None when a signal came first."""
    sink = CopySink(f"{source.credentials.login} to {destination.endpoint}")
    if not interactive():
        sink.on_entry = lambda entry: say(f"{time.strftime('%H:%M:%S')} {entry.words}")
    started, ended = time.monotonic(), asyncio.Event()

    async def look() -> Any:
        return sink.look(time.monotonic() - started)

    async with Interruption("Stopping. What was copied stays; the same command goes on where it was.") as stop:
        watching = asyncio.create_task(watch(look, ended))
        work = asyncio.create_task(copy_mailbox(source, destination, settings, sink, ledger, pace))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not work.done():
            sink.status = "stopped"
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        ended.set()
        await watching
        if work.cancelled():
            return None
        if interactive():
            _show_notes(sink)
        return work.result()


def _show_notes(sink: CopySink) -> None:
    rows = [[entry.folder, entry.words] for entry in sink.notes]
    if rows:
        table("Along the way", ["Folder", "What happened"], rows)
        say()
