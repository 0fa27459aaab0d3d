"""The proofs of a migration from the command line: whose key seals them, and where they could not be written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from trasloco.documents.proofs import Written
from trasloco.documents.proofs import write_proofs as written_proofs
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.paths import state_directory
from trasloco.records.models import Account
from trasloco.records.proof_key import FILE_NAME, ProofKey, ProofKeyProblem


def installation_key() -> ProofKey:
    """The key of this installation, made at first use. Raises ``Halt``."""
    try:
        return ProofKey.open(state_directory() / FILE_NAME)
    except ProofKeyProblem as error:
        raise Halt(str(error)) from error


def write_proofs(code: str, accounts: Sequence[Account], directory: Path) -> Iterator[Written]:
    """Write the proofs of these accounts of migration ``code``, one after the other. Raises ``Halt``."""
    try:
        yield from written_proofs(code, accounts, directory, installation_key())
    except OSError as error:
        raise Halt(f"The proof cannot be written to {error.filename or directory}: {error.strerror}.", ExitCode.BROKEN) from error
