"""The command ``trasloco``: which commands there are, and how each of them ends.

Only the module of the command that is asked for is imported, so that ``--help`` is quick and
``check`` and ``copy`` never load Django. Whatever goes wrong ends in words and one of the
statuses of ``exit_codes``; a traceback is kept in a file, never shown.
"""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
import traceback
from typing import NoReturn

import click

from trasloco import __version__
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.log_file import silence
from trasloco.project.private_memory import keep_memory_private
from trasloco.project.termination import interrupt_when_asked

_COMMANDS = {
    "serve": "Serve the panel and work for it: all in one, with its own database.",
    "panel": "Serve the panel's pages alone.",
    "worker": "Work for the panel: checks, runs, mails.",
    "status": "Show workers, queues, mail servers, who waits for what, and what is wrong.",
    "superuser": "Make a person who may do everything in the panel.",
    "rotate-key": "Make a new master key and bring all stored passwords to it.",
    "discover": "Find the IMAP server of a mail address.",
    "authorize": "Let owners sign in once for OAuth, or print what their administrator does.",
    "check": "Read a CSV of accounts and try every login, on both sides.",
    "migrate": "Move all mailboxes of a CSV; go on where it stopped; bring what is new.",
    "copy": "Copy one mailbox, without a database.",
    "report": "Show, or export, where every message of a migration is.",
    "verify": "Read the destination again and compare every message, or a sample.",
    "proof": "Write the sealed proof of each account: every message and its fate.",
    "verify-proof": "Check a proof: that nothing was changed, removed or put in another order.",
    "parked": "Write the messages a destination takes in no form to files.",
    "follow": "Watch a migration of another Trasloco (--server) while it moves.",
    "start": "Begin the next run there at once.",
    "stop": "Stop the run there; nothing is lost.",
    "resume": "Let it go on there.",
    "retry": "Try the accounts there again that failed.",
    "correct": "Give other passwords there for accounts whose logins fail.",
    "log": "Show what happened there to one account.",
    "delete": "Delete a migration there.",
    "backup": "Write a backup: the database as of one moment, while all goes on.",
    "restore": "Put a backup into a new installation; runs go on.",
    "demo": "Watch a whole migration between two servers on this machine.",
}

_READABLE = {"DatabaseUnavailable", "KeyProblem"}  # by name: importing them would load what the command did not need

_EPILOG = """
Examples:
  trasloco check accounts.csv
  trasloco migrate accounts.csv --destination imaps://mx.example.net \\
      --destination-master migrator --destination-master-password-file master.txt
  trasloco report k7m2q9xd --html --output report.html

trasloco COMMAND --help says more about each. Exit status: 0 all is well, 1 an account or a message
needs attention, 2 the command or the CSV is wrong, 3 Trasloco could not work, 130 interrupted.
"""


class _Commands(click.Group):
    """Loads a command's module when it is called, and not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        module = importlib.import_module(f"trasloco.project.commands.{name}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(_EPILOG)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, "--version", prog_name="trasloco", message="%(prog)s %(version)s")
def trasloco() -> None:
    """Move mailboxes from any IMAP server to your own, and prove that all mail is there."""


def main() -> NoReturn:
    """Run the command of ``sys.argv`` and leave the process with its status."""
    interrupt_when_asked()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a folder's name must not end a command on a terminal without its letters
    silence()
    keep_memory_private()
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone (``| head``): not an error, but Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line; returns its status, and has said what there was to say."""
    try:
        if os.environ.get("TRASLOCO_CONFIG"):
            from trasloco.project.configuration_file import apply_configuration

            apply_configuration(trasloco)
        result = trasloco.main(arguments, prog_name="trasloco", standalone_mode=False)
        return int(result or 0)
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except Halt as error:
        _complain(error.words)
        return error.code
    except (KeyboardInterrupt, click.Abort):
        _complain("Stopped. Nothing is lost: the same command goes on where it was.")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return ExitCode.OK
    except Exception as error:
        _complain(_words(error))
        return ExitCode.BROKEN


def _words(error: Exception) -> str:
    """What to say about an error that no command expected."""
    if type(error).__name__ in _READABLE and type(error).__module__.startswith("trasloco."):
        return str(error)
    if type(error).__module__.split(".")[0] in {"psycopg", "psycopg_pool", "procrastinate"} or isinstance(error, _django_errors()):
        said = " ".join(str(error).split())[:300]
        return f"The database was lost while it was needed ({said}). Mail already copied is safe; run the same command again."
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return f"The system refused: {error.strerror}{where}. Check the disk and the permissions, then run the same command again."
    kept = _keep_traceback()
    where = f" Its details are in {kept}; please send that file to the makers." if kept else ""
    return f"Trasloco met an error of its own ({type(error).__name__}). Mail already copied is safe.{where}"


def _django_errors() -> tuple[type[Exception], ...]:
    """Django's database errors, when Django is loaded at all."""
    module = sys.modules.get("django.db.utils")
    return (module.Error,) if module is not None else ()


def _keep_traceback() -> str:
    """Write the traceback where the operator finds it; "" when even that is not possible."""
    import tempfile

    try:
        handle, name = tempfile.mkstemp(prefix="trasloco-error-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as stream:
            stream.write(f"trasloco {__version__}, Python {sys.version}\n\n{traceback.format_exc()}")
    except OSError:
        return ""
    return name


def _complain(words: str) -> None:
    """On the terminal, and in the log where a command keeps one: a service's terminal is read by nobody."""
    from trasloco.project.screen import complain

    logging.getLogger("trasloco").error("%s", words)
    complain(words)


if __name__ == "__main__":
    main()
