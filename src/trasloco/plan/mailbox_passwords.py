"""Lines ``address;password``: the passwords of destination mailboxes, where each has its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from trasloco.plan.problems import Problem
from trasloco.secret import Secret

_REMEDY = 'Write address;password; a password with ; or " stands between ", and a " inside it is written "".'


def read_passwords(text: str) -> tuple[Mapping[str, Secret], tuple[Problem, ...]]:
    """Password by casefolded address, and all that is wrong; quotes as in the accounts' CSV. Never raises."""
    problems: list[Problem] = []
    found: dict[str, Secret] = {}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";", quotechar='"', strict=True)
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error:
            words = "a quoted field is not closed or has text after its closing quote."
            problems.append(_problem(reader.line_num, words))
            break
        if any(fields):
            _take(fields, reader.line_num, found, problems)
    return found, tuple(problems)


def _take(fields: list[str], line: int, found: dict[str, Secret], problems: list[Problem]) -> None:
    if len(fields) != 2:
        problems.append(_problem(line, f"{len(fields)} fields instead of 2."))
        return
    address, password = fields[0].strip().casefold(), fields[1]
    if "@" not in address:
        problems.append(_problem(line, "the first field is not an address."))
    elif not password:
        problems.append(_problem(line, "the password is empty."))
    elif address in found:
        problems.append(_problem(line, "the address has a line above already."))
    else:
        found[address] = Secret(password)


def _problem(line: int, words: str) -> Problem:
    return Problem(None, "", "mailbox-passwords", f"Passwords of the new mailboxes, line {line}: {words}", _REMEDY)
