"""``trasloco superuser``: make one on the command line."""

from __future__ import annotations

import click

from trasloco.project.database import prepare
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.options import SectionedCommand, option
from trasloco.project.password_files import read_password
from trasloco.project.screen import say


@click.command(cls=SectionedCommand)
@click.argument("email")
@option("--password-file", metavar="FILE", section="Password", help="The password's file, - for standard input. Without it you are asked.")
@option("--name", default="", metavar="NAME", section="Password", help="How people call you.")
def superuser(email: str, password_file: str | None, name: str) -> int:
    """Make a person who may do everything: customers, destination systems, limits."""
    if "@" not in email:
        raise click.UsageError("The superuser signs in with an e-mail address.")
    given = read_password(password_file, "TRASLOCO_SUPERUSER_PASSWORD", "--password-file")
    password = given.reveal() if given else str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    with prepare():
        from django.contrib.auth.password_validation import validate_password
        from django.core.exceptions import ValidationError

        from trasloco.records.history import SCHEDULE
        from trasloco.records.people_actions import AddressTaken, make_superuser

        try:
            validate_password(password)
            person = make_superuser(SCHEDULE, email, password, name)
        except ValidationError as error:
            raise Halt(" ".join(error.messages), ExitCode.USAGE) from error
        except AddressTaken as error:
            raise Halt(f"Somebody signs in with {email} already.", ExitCode.USAGE) from error
    say(f"{person.email} can sign in now.")
    return ExitCode.OK
