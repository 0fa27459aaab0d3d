"""The CSV of accounts: bytes in, rows and problems out. Every problem at once, no secret in any of them.

One account per line, ``;`` between the fields, ``"`` around a field that needs it (``""`` for a ``"``
inside). Four fields, ``destination;server;login;password``, or five,
``destination;server;login;master's password;master``; both kinds may be mixed. A record is exactly one
physical line: a line break inside quotes is reported, so that one forgotten quote spoils one line
and not the rest of the file. Spaces are trimmed around the destination and the server only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trasloco.imap.endpoint import Speech
from trasloco.plan.encoding import decode
from trasloco.plan.endpoints import is_address
from trasloco.plan.line import Line, is_header, parse_line, separator_used
from trasloco.plan.problems import Problem
from trasloco.plan.providers import of_host
from trasloco.secret import Secret
from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _
from trasloco.sentence import sentence_of as ngettext

_BREAK = re.compile(r"\r\n|\r|\n")
_EXCEL_SEPARATOR = re.compile(r"\s*sep=(.)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One account.

    line: physical line in the file, from 1. host: "" = still to be found. port: None = the usual one. login: on the source.
    speech: of the server.
    password: of ``login``, or of ``master`` when there is one; empty = by OAuth token. master: the master user's name, "" for none.
    """

    line: int
    destination: str
    host: str
    port: int | None
    login: str
    password: Secret
    master: str = ""
    speech: Speech = Speech.IMAP


@dataclass(frozen=True, slots=True)
class Table:
    """What was read. rows: the lines without a problem. header: the line that was skipped as such, None if none."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    encoding: str = "utf-8"
    header: int | None = None


def read(data: bytes, *, max_lines: int = 500, by_token: bool = False, server: str = "", to_find: bool = False) -> Table:
    """Read a whole file. Never raises; work and memory are linear in the size of ``data``.

    by_token: there are OAuth credentials, so a line may leave its password empty. server: of lines that leave theirs empty,
    "" where that is a mistake, or, with to_find, a server that is still to be found.
    """
    decoded = decode(data)
    if decoded.problems:
        return Table((), decoded.problems, decoded.warnings, decoded.encoding)
    lines = list(_lines(decoded.text))
    if lines and _EXCEL_SEPARATOR.fullmatch(lines[0][1]):
        del lines[0]
    header = lines.pop(0)[0] if lines and is_header(lines[0][1]) else None
    if not lines:
        return Table((), (_nothing(header),), (), decoded.encoding, header)
    problems = _too_many(lines, max_lines)
    lines, mistaken = _separators(lines[:max_lines])
    parsed = [parse_line(number, text, by_token=by_token, server=server, to_find=to_find) for number, text in lines]
    problems += mistaken + [problem for line in parsed for problem in line.problems] + _twice(parsed)
    warnings = [*decoded.warnings, *(problem for line in parsed for problem in line.warnings), *_names(parsed), *_pop3(parsed)]
    wrong = {problem.line for problem in problems}
    rows = tuple(_row(line) for line in parsed if line.number not in wrong)
    return Table(
        rows,
        tuple(sorted(problems, key=lambda item: item.order)),
        tuple(sorted(warnings, key=lambda item: item.order)),
        decoded.encoding,
        header,
    )


def physical_lines(text: str) -> list[str]:
    """As ``Row.line`` and ``Problem.line`` count them, from 1."""
    return _BREAK.split(text)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """(physical line number, text) of all lines that hold anything but separators and spaces."""
    for number, line in enumerate(physical_lines(text), 1):
        if line.strip("; \t\u00a0\ufeff\x1a"):
            yield number, line


def _nothing(header: int | None) -> Problem:
    remedy = _("Write one line for each account: destination;server;login;password.")
    if header is None:
        return Problem(None, "", "empty-file", _("The file is empty."), remedy)
    return Problem(header, "", "only-a-header", _("There is only a header line, and no account below it."), remedy)


def _too_many(lines: list[tuple[int, str]], max_lines: int) -> list[Problem]:
    if len(lines) <= max_lines:
        return []
    parts = -(-len(lines) // max_lines)
    words = _(
        "The file has %(all)s accounts; at most %(most)s go into one migration. The lines from here on were not checked.",
        all=len(lines),
        most=max_lines,
    )
    remedy = _("Split it into %(parts)s files of at most %(most)s lines each.", parts=parts, most=max_lines)
    return [Problem(lines[max_lines][0], "", "too-many-lines", words, remedy)]


def _separators(lines: list[tuple[int, str]]) -> tuple[list[tuple[int, str]], list[Problem]]:
    """The lines that are divided by ``;``, and one problem for all that are divided by something else."""
    good: list[tuple[int, str]] = []
    found: dict[str, list[int]] = {}
    for number, text in lines:
        if mark := separator_used(text):
            found.setdefault(mark, []).append(number)
        else:
            good.append((number, text))
    remedy = _("Save the file again with ; as the separator.")
    return good, [Problem(numbers[0], "", "wrong-separator", _separated(mark, len(numbers) - 1), remedy) for mark, numbers in found.items()]


def _separated(mark: str, more: int) -> Sentence:
    """By what the fields of a line, and of so many more, are separated."""
    if mark == "\t":
        alone = _("The fields on this line are separated by tabs instead of ;.")
        among = ngettext(
            "The fields on this line and on %(n)s more line are separated by tabs instead of ;.",
            "The fields on this line and on %(n)s more lines are separated by tabs instead of ;.",
            more,
        )
    elif mark == ",":
        alone = _("The fields on this line are separated by commas instead of ;.")
        among = ngettext(
            "The fields on this line and on %(n)s more line are separated by commas instead of ;.",
            "The fields on this line and on %(n)s more lines are separated by commas instead of ;.",
            more,
        )
    else:
        alone = _("The fields on this line are separated by vertical bars instead of ;.")
        among = ngettext(
            "The fields on this line and on %(n)s more line are separated by vertical bars instead of ;.",
            "The fields on this line and on %(n)s more lines are separated by vertical bars instead of ;.",
            more,
        )
    return among if more else alone


def _twice(parsed: list[Line]) -> list[Problem]:
    """The same destination or the same source on two lines: named on the later one, with the first one's number."""
    problems = []
    destinations: dict[str, int] = {}
    sources: dict[tuple[str, int, str], int] = {}
    for line in parsed:
        if line.destination_key:
            first = destinations.setdefault(line.destination_key, line.number)
            if first != line.number:
                words = _("Line %(line)s has the same destination: two mailboxes would be mixed in one.", line=str(first))
                problems.append(Problem(line.number, "destination", "destination-twice", words, _("Remove one of the two lines.")))
        if line.source_key:
            first = sources.setdefault(line.source_key, line.number)
            if first != line.number:
                words = _("Line %(line)s has the same login on the same server: one mailbox would be copied twice.", line=str(first))
                remedy = _("Remove one of the two lines, or correct the login.")
                problems.append(Problem(line.number, "login", "source-twice", words, remedy))
    return problems


def _names(parsed: list[Line]) -> list[Problem]:
    """One warning for each server given by name, at its first line; none for a provider's own."""
    lines: dict[str, list[int]] = {}
    for line in parsed:
        if line.host and not is_address(line.host) and of_host(line.host) is None:
            lines.setdefault(line.host.casefold(), []).append(line.number)
    warnings = []
    for numbers in lines.values():
        words = _("This line gives the server by name: when the MX record is changed, the name may come to mean another server.")
        if more := len(numbers) - 1:
            words = ngettext(
                "This line and %(n)s more give the server by name: when the MX record is changed, it may come to mean another server.",
                "This line and %(n)s more give the server by name: when the MX record is changed, it may come to mean another server.",
                more,
            )
        remedy = _("Prefer its IP address, unless the name is the provider's own.")
        warnings.append(Problem(numbers[0], "server", "host-name", words, remedy))
    return warnings


def _pop3(lines: list[Line]) -> list[Problem]:
    """What POP3 cannot do, said once for all lines that have it."""
    found = [line for line in lines if line.speech is Speech.POP3]
    if not found:
        return []
    words = ngettext(
        "The server of %(n)s line is asked by POP3, which knows INBOX only, and no flags: other folders are not copied, and all "
        "messages arrive as unread.",
        "The servers of %(n)s lines are asked by POP3, which knows INBOX only, and no flags: other folders are not copied, and all "
        "messages arrive as unread.",
        len(found),
    )
    remedy = _("If the server has IMAP, write its IMAP port instead, or no port at all.")
    return [Problem(found[0].number, "server", "pop3-source", words, remedy)]


def _row(line: Line) -> Row:
    return Row(line.number, line.destination, line.host, line.port, line.login, line.password, line.master, line.speech)
