"""Passwords come from files or the environment, never from the command line, where every user of the machine sees them."""

from __future__ import annotations

import csv
import io
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from trasloco.plan.encoding import decode
from trasloco.project.screen import complain
from trasloco.secret import Secret

_MOST_BYTES = 1 << 20


def read_password(file: str | None, variable: str, option: str) -> Secret | None:
    """The password in ``file`` ("-": standard input) or else in the environment ``variable``; None when neither is given.

    One line end at the end of the file does not belong to the password; all else does, spaces too.
    Raises ``click.UsageError`` with words that name ``option`` when there is no usable password.
    """
    if not file:
        value = os.environ.get(variable, "")
        return Secret(value) if value else None
    text = read_secret_text(file, option)
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise click.UsageError(f"{option}: {_shown(file)} is empty. Write the password into it, on one line.")
    if "\n" in text or "\r" in text:
        raise click.UsageError(f"{option}: {_shown(file)} has more than one line. Only the password may stand in it.")
    if "\0" in text:
        raise click.UsageError(f"{option}: {_shown(file)} holds a NUL byte, which no IMAP server takes. Save it as plain UTF-8 text.")
    return Secret(text)


def read_passwords(file: str, option: str) -> Mapping[str, Secret]:
    """Lines ``address;password`` -> password by casefolded address; quotes as in the accounts' CSV.

    Raises ``click.UsageError`` that lists every wrong line by number, without its text.
    """
    problems: list[str] = []
    found: dict[str, Secret] = {}
    reader = csv.reader(io.StringIO(read_secret_text(file, option), newline=""), delimiter=";", quotechar='"', strict=True)
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error:
            problems.append(
                f'line {reader.line_num}: a quoted field is not closed or has text after its closing quote (write " inside as "")'
            )
            break
        if not any(fields):
            continue
        _take(fields, reader.line_num, found, problems)
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems[:20])
        more = f"\n  and {len(problems) - 20} more" if len(problems) > 20 else ""
        raise click.UsageError(f"{option}: {_shown(file)} cannot be used.\n{listed}{more}")
    if not found:
        raise click.UsageError(f"{option}: {_shown(file)} holds no line address;password.")
    return found


def one_reads_standard_input(*files: str | None) -> None:
    """Of several files at most one may be "-". Raises ``click.UsageError``."""
    if files.count("-") > 1:
        raise click.UsageError("Only one file can come from standard input: give a name instead of - to the others.")


def _take(fields: list[str], line: int, found: dict[str, Secret], problems: list[str]) -> None:
    if len(fields) != 2:
        problems.append(f'line {line}: {len(fields)} fields instead of 2, address;password (a password with ; or " stands in quotes)')
        return
    address, password = fields[0].strip().casefold(), fields[1]
    if "@" not in address:
        problems.append(f"line {line}: the first field is not an address")
    elif not password:
        problems.append(f"line {line}: the password is empty")
    elif address in found:
        problems.append(f"line {line}: the address has a line above already")
    else:
        found[address] = Secret(password)


def read_secret_text(file: str, option: str) -> str:
    """The text of a file ("-": standard input) that holds secrets, in UTF-8, UTF-16 or, with a warning, Windows-1252.

    Raises ``click.UsageError`` with words that name ``option``.
    """
    try:
        if file == "-":
            data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            path = Path(file)
            _warn_when_open(path)
            with path.open("rb") as stream:
                data = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise click.UsageError(f"{option}: {_shown(file)} cannot be read: {error.strerror}.") from error
    if len(data) > _MOST_BYTES:
        raise click.UsageError(f"{option}: {_shown(file)} is larger than 1 MiB; that is no password file.")
    decoded = decode(data)
    for problem in decoded.problems[:1]:
        raise click.UsageError(f"{option}: {_shown(file)} cannot be read as text: {problem.words} Save it as UTF-8.")
    for warning in decoded.warnings:
        complain(f"Warning: {_shown(file)}: {warning.words} {warning.remedy}")
    return decoded.text


def _warn_when_open(path: Path) -> None:
    mode = path.stat().st_mode
    if os.name == "posix" and stat.S_ISREG(mode) and mode & stat.S_IROTH:
        complain(f"Warning: every user of this machine can read {path}. chmod 600 {path} closes it.")


def _shown(file: str) -> str:
    return "standard input" if file == "-" else file
