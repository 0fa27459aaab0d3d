"""What can be done with a migration of another Trasloco by one request; and what is said of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from trasloco.documents.plain import plain
from trasloco.documents.units import count_words
from trasloco.project.elsewhere.asking import account_of, asked, place
from trasloco.project.elsewhere.following import watch_there
from trasloco.project.exit_codes import ExitCode
from trasloco.project.password_files import one_reads_standard_input, read_secret_text
from trasloco.project.screen import say


def done_there(code: str, verb: str, words: str, values: Mapping[str, Any]) -> int:
    """POST ``verb``; says ``words``, in which {code} is the code."""
    with asked(values) as client:
        migration = client.post(place(code, verb))
        say(words.format(code=migration["code"]))
    return ExitCode.OK


def followed_there(code: str, values: Mapping[str, Any]) -> int:
    """Watch it until the run under way (or number ``runs``) has ended."""
    with asked(values) as client:
        migration = client.get(place(code))
        if migration["stage"] == "draft":
            say(f"Migration {migration['code']} is a draft: nothing moves before it is planned.")
            return ExitCode.SOMETHING_FAILED
        return watch_there(client, migration["code"], values["server"], int(values["runs"] or 0))


def retried_there(code: str, addresses: Sequence[str], values: Mapping[str, Any]) -> int:
    """All accounts that failed, or those with these addresses."""
    with asked(values) as client:
        if not addresses:
            client.post(place(code, "retry"))
            say("The accounts that failed are tried again.")
        for account in [account_of(client, code, address) for address in addresses]:
            client.post(place(code, "accounts", account["id"], "retry"))
            say(f"{plain(account['destination'])} is tried again.")
    return ExitCode.OK


def deleted_there(code: str, values: Mapping[str, Any]) -> int:
    """values["yes"]: without asking a person."""
    with asked(values) as client:
        migration = client.get(place(code))
        what = f"migration {migration['code']} of {count_words(migration['accounts'], 'account')}"
        if not values["yes"] and not _agreed(what):
            say("Nothing was deleted.")
            return ExitCode.INTERRUPTED
        client.delete(place(code))
        say(f"Deleted: {what}.")
    return ExitCode.OK


def _agreed(what: str) -> bool:
    """Asks a person. Raises ``click.UsageError`` where there is none."""
    if not sys.stdin.isatty():
        raise click.UsageError("There is nobody to ask whether it may be deleted. Give --yes.")
    return click.confirm(f"Delete {what}, with its report, its proofs and all that is known of its messages?")


def corrected_there(code: str, file: str, side: str, values: Mapping[str, Any]) -> int:
    """Other passwords for accounts whose login fails. side: whose passwords they are."""
    one_reads_standard_input(file, values["token_file"])
    lines = read_secret_text(file, "FILE")
    with asked(values) as client:
        found = client.post(place(code, "passwords"), {"side": side, "lines": lines})
    say(f"{count_words(found['kept'], 'password')} kept; the logins are tried now, and accounts whose logins work go on.")
    if found["without"]:
        say(f"{count_words(found['without'], 'line')} without a password changed nothing.")
    return ExitCode.OK
