"""Lines ``address;password``: the passwords of destination mailboxes, where each has its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from trasloco.plan.problems import Problem
from trasloco.secret import Secret
from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _
from trasloco.sentence import sentence_of as ngettext

_REMEDY = _('Write address;password; a password with ; or " stands between ", and a " inside it is written "".')


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
            problems.append(
                _problem(
                    _(
                        "Passwords of the new mailboxes, line %(line)s: a quoted field is not closed or has text after its closing quote.",
                        line=str(reader.line_num),
                    )
                )
            )
            break
        if any(fields):
            _take(fields, reader.line_num, found, problems)
    return found, tuple(problems)


def _take(fields: list[str], line: int, found: dict[str, Secret], problems: list[Problem]) -> None:
    if len(fields) != 2:
        words = ngettext(
            "Passwords of the new mailboxes, line %(line)s: %(n)s field instead of 2.",
            "Passwords of the new mailboxes, line %(line)s: %(n)s fields instead of 2.",
            len(fields),
            line=str(line),
        )
        problems.append(_problem(words))
        return
    address, password = fields[0].strip().casefold(), fields[1]
    if "@" not in address:
        problems.append(_problem(_("Passwords of the new mailboxes, line %(line)s: the first field is not an address.", line=str(line))))
    elif not password:
        problems.append(_problem(_("Passwords of the new mailboxes, line %(line)s: the password is empty.", line=str(line))))
    elif address in found:
        problems.append(_problem(_("Passwords of the new mailboxes, line %(line)s: the address has a line above already.", line=str(line))))
    else:
        found[address] = Secret(password)


def _problem(words: Sentence) -> Problem:
    return Problem(None, "", "mailbox-passwords", words, _REMEDY)
