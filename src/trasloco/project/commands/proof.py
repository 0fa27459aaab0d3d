"""``trasloco proof``: what became of every message, sealed, to hand to a customer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trasloco.documents.units import count_words
from trasloco.project.database import prepare
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.options import SectionedCommand, option
from trasloco.project.screen import say
from trasloco.project.server_options import refuse_local, refuse_remote, server_options

_EPILOG = """
Examples:
  trasloco proof k7m2q9xd
  trasloco proof k7m2q9xd --account anna@example.net --output proofs
  trasloco proof --key > trasloco-proof.pem
  trasloco proof k7m2q9xd --server https://trasloco.example.net --token-file token.txt

Each account gets three files: CSV and JSON with every message (folder, UID, size, SHA-256, fate, reason;
no subject, no text), and a page in HTML. Anybody can check the first two with trasloco verify-proof.
Exit status: 0 written, 1 a proof that was fetched is not good,
2 no such migration or account, 3 the database, server, disk or key is in the way.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("code", required=False)
@option(
    "--account",
    "addresses",
    multiple=True,
    metavar="ADDRESS",
    section="What is written",
    help="Only this account (its address on the destination). May be repeated.",
)
@option(
    "--output",
    type=click.Path(file_okay=False),
    metavar="DIR",
    section="What is written",
    help="The directory of the files, made when it is not there.  [default: proof-CODE]",
)
@option("--key", is_flag=True, section="Key", help="Print the public key of this installation and its fingerprint, and write nothing.")
@server_options
def proof(code: str | None, addresses: tuple[str, ...], output: str | None, key: bool, **values: Any) -> int:
    """Write the proof of migration CODE, account by account: what became of every message.

    The proof is sealed with the key of this installation (proof.key in the state directory), so that
    nobody can change a row, remove one or put them in another order without its being seen. With --server they are
    fetched from another Trasloco, sealed with its key, and checked here.
    """
    if values["server"]:
        refuse_local(("addresses", "output"))
        from trasloco.project.elsewhere.proofs import proofs_there

        return proofs_there(_code(code), addresses, output, values)
    refuse_remote(())
    if key:
        return _show_key()
    code = _code(code)
    with prepare():
        # Django has to know its database before the records can be imported.
        from trasloco.project.proofs import write_proofs
        from trasloco.records import queries
        from trasloco.records.verification import accounts_of

        migration = queries.migration(code)
        if migration is None:
            raise Halt(f"There is no migration {code}. trasloco report lists them all.", ExitCode.USAGE)
        accounts = accounts_of(migration, addresses)
        if len(accounts) < max(1, len({address.casefold() for address in addresses})):
            raise Halt(f"Migration {migration.code} has no such account. trasloco report {migration.code} lists them.", ExitCode.USAGE)
        directory = Path(output or f"proof-{migration.code}")
        messages = 0
        for written in write_proofs(migration.code, accounts, directory):
            messages += written.messages
            say(f"{written.account.destination_address}: {count_words(written.messages, 'message')}, {written.files[0].name}")
        say()
        say(f"{count_words(messages, 'message')} of {count_words(len(accounts), 'account')} in {directory}.", style="bold")
        _say_how_to_check(directory)
    return ExitCode.OK


def _code(code: str | None) -> str:
    if not code:
        raise click.UsageError("Which migration? trasloco report lists them with their codes.")
    return code


def _say_how_to_check(directory: Path) -> None:
    from trasloco.project.proofs import installation_key

    say(f"Sealed with the key {installation_key().fingerprint}.")
    say(f"To check: trasloco verify-proof {directory}/*.json --public-key FINGERPRINT")


def _show_key() -> int:
    """The key as a PEM file on standard output; the fingerprint as a comment before it, which PEM readers skip."""
    from trasloco.project.paths import state_directory
    from trasloco.records.proof_key import FILE_NAME, ProofKey, ProofKeyProblem

    try:
        found = ProofKey.open(state_directory() / FILE_NAME)
    except ProofKeyProblem as error:
        raise Halt(str(error)) from error
    say(f"Fingerprint: {found.fingerprint}")
    say(found.public_pem.rstrip())
    return ExitCode.OK
