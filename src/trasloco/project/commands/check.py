"""``trasloco check``: read the CSV, try every login on both sides, say all that is wrong at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from trasloco.documents.units import count_words, size_words
from trasloco.engine.failure import SideName
from trasloco.engine.logins import PER_HOST, Attempt, Tried, try_logins
from trasloco.engine.master_memory import MasterMemory
from trasloco.engine.token_source import TokenSource
from trasloco.plan.providers import providers
from trasloco.plan.table import Table
from trasloco.project.accounts_file import read_accounts, show_problems
from trasloco.project.checking import source_side
from trasloco.project.destination import Destination, destination_of
from trasloco.project.encryption import TlsOptions
from trasloco.project.event_loop import run
from trasloco.project.exit_codes import ExitCode
from trasloco.project.interruption import Interruption
from trasloco.project.oauth_file import read_oauth
from trasloco.project.options import (
    SECRET_FILES,
    SectionedCommand,
    accounts_argument,
    destination_options,
    network_options,
    source_oauth_option,
    tls_options,
)
from trasloco.project.password_files import one_reads_standard_input
from trasloco.project.reach_options import reach_options
from trasloco.project.screen import interactive, say, screen, table
from trasloco.project.type_hints import type_hints
from trasloco.sources.tokens import token_source

_EPILOG = """
Examples:
  trasloco check accounts.csv
  trasloco check accounts.csv --destination imaps://mx.example.net \\
      --destination-master migrator --destination-master-password-file master.txt

Exit status: 0 everything is right, 1 something is wrong, 2 the command is wrong, 130 interrupted.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@accounts_argument
@source_oauth_option
@destination_options
@tls_options
@network_options
@reach_options
def check(accounts: str, **values: Any) -> int:
    """Read ACCOUNTS.csv and try every login.

    All problems of the file are shown at once, with line, field and what to do. Then each login is
    tried, at most 4 at a time per server, and what is in the mailboxes is counted. Nothing is
    changed anywhere. Without --destination only the source servers are tried.
    """
    one_reads_standard_input(accounts, *(values[name] for name in SECRET_FILES))
    tls = TlsOptions.of(values)
    destination = destination_of(values, tls.destination)
    oauth = read_oauth(values["source_oauth"])
    rows = read_accounts(accounts, by_token=oauth is not None, server=providers()[values["source_type"]].server)
    show_problems(f"{accounts}: what is wrong", rows.problems)
    show_problems(f"{accounts}: to think about", rows.warnings)
    if not rows.rows:
        say("No login was tried: there is no line that can be read.")
        return ExitCode.SOMETHING_FAILED
    for hint in type_hints(rows.rows, values["source_type"], by_token=oauth is not None):
        say(f"To think about: {hint}")
    attempts = _attempts(rows, tls, destination, token_source(oauth) if oauth else None)
    per_host = min(PER_HOST, values["connections_per_host"] or providers()[values["source_type"]].connections_per_host)
    tried = run(_try(attempts, allow_private=values["allow_private_addresses"], per_host=per_host))
    if tried is None:
        return ExitCode.INTERRUPTED
    missing = destination.without_password([row.destination for row in rows.rows]) if destination else []
    wrong = _show(tried, missing)
    if destination is None:
        say("Only the source servers were tried. With --destination the new mailboxes are tried too.")
    return ExitCode.SOMETHING_FAILED if wrong or rows.problems else ExitCode.OK


def _attempts(rows: Table, tls: TlsOptions, destination: Destination | None, tokens: TokenSource | None) -> list[Attempt]:
    attempts, memory = [], MasterMemory()
    for row in rows.rows:
        attempts.append(Attempt(row.line, row.destination, source_side(row, tls.source, memory, tokens)))
        if destination is not None and not destination.without_password([row.destination]):
            attempts.append(Attempt(row.line, row.destination, destination.side(row.destination, memory), free=True))
    return attempts


async def _try(attempts: Sequence[Attempt], *, allow_private: bool, per_host: int) -> list[Tried] | None:
    """All results, None when a signal came first."""
    async with Interruption("Stopping. Nothing was changed anywhere.") as stop:
        with _spinner(len(attempts)) as told:
            work = asyncio.create_task(try_logins(attempts, allow_private=allow_private, told=told, per_host=per_host))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if work.done():
                return work.result()
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            return None


@contextmanager
def _spinner(total: int) -> Iterator[Callable[[Tried], None]]:
    """On a terminal: how many logins were tried so far."""
    if not interactive():
        yield lambda tried: None
        return
    done = 0
    with screen().status(f"0 of {count_words(total, 'login')} tried") as status:

        def told(tried: Tried) -> None:
            nonlocal done
            done += 1
            status.update(f"{done:,} of {count_words(total, 'login')} tried")

        yield told


def _show(tried: Sequence[Tried], missing: Sequence[str]) -> bool:
    """Print what is wrong and the sums; True when anything is wrong."""
    rows = [
        [str(item.attempt.line or ""), item.attempt.account, item.attempt.side.name.value, item.failure.words]
        for item in tried
        if item.failure is not None
    ]
    rows += [
        ["", address, SideName.DESTINATION.value, "The file of --destination-passwords has no line for it. Add one."] for address in missing
    ]
    if rows:
        table("Logins that do not work", ["Line", "Account", "Side", "What happened, and what to do"], rows, numbers=["Line"])
        say()
    doubts = [[str(item.attempt.line or ""), item.attempt.account, item.probe.doubt] for item in tried if item.probe.doubt]
    if doubts:
        table("To think about", ["Line", "Account", "What could not be proved"], doubts, numbers=["Line"])
        say()
    for name in (SideName.SOURCE, SideName.DESTINATION):
        line = _sum(name, [item for item in tried if item.attempt.side.name is name], len(missing) if name is SideName.DESTINATION else 0)
        if line:
            say(line)
    return bool(rows)


def _sum(name: SideName, tried: Sequence[Tried], untried: int) -> str:
    if not tried:
        return ""
    good = [item.probe for item in tried if item.failure is None]
    parts = [count_words(sum(probe.folders for probe in good), "folder")]
    # A server that does not tell without opening each folder must not make the sum look exact.
    for what, figures in (("messages", [probe.messages for probe in good]), ("size", [probe.size for probe in good])):
        known = [figure for figure in figures if figure is not None]
        if known:
            words = count_words(sum(known), "message") if what == "messages" else size_words(sum(known))
            parts.append(words if len(known) == len(figures) else f"at least {words}")
    figures_words = f": {', '.join(parts)}" if good else ""
    total = len(tried) + untried
    verb = "works" if total == 1 else "work"
    return f"{name.value.capitalize()}: {len(good):,} of {count_words(total, 'login')} {verb}{figures_words}."
