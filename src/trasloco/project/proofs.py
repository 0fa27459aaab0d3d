"""The files of a proof: CSV, JSON and a page, for each account of a migration.

Import it inside ``project.database.prepare()``: the records need Django to be set up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from trasloco.project.atomic_file import write_atomically
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.paths import state_directory
from trasloco.project.proof_html import proof_page
from trasloco.records import queries
from trasloco.records.models import Account
from trasloco.records.proof_format import Seal
from trasloco.records.proof_key import FILE_NAME, ProofKey, ProofKeyProblem
from trasloco.records.proof_source import open_proof
from trasloco.records.proof_writer import write_proof


@dataclass(frozen=True, slots=True)
class Written:
    """One account's proof. messages: in it."""

    account: Account
    files: tuple[Path, Path, Path]
    messages: int
    seal: Seal


def installation_key() -> ProofKey:
    """The key of this installation, made at first use. Raises ``Halt``."""
    try:
        return ProofKey.open(state_directory() / FILE_NAME)
    except ProofKeyProblem as error:
        raise Halt(str(error)) from error


def write_proofs(code: str, accounts: Sequence[Account], directory: Path) -> Iterator[Written]:
    """Write the proofs of these accounts of migration ``code``, one after the other. Raises ``Halt``."""
    key = installation_key()
    reasons = queries.exceptions(code)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for account, stem in zip(accounts, _stems(code, accounts), strict=True):
            table, document, page = (directory / f"{stem}.{ending}" for ending in ("csv", "json", "html"))
            with open_proof(account) as proof:
                seal = write_proof(table, document, proof.head, proof.rows, key)
            mine = [item for item in reasons if item.destination == account.destination_address]
            write_atomically(page, proof_page(proof.head, seal, mine, (table.name, document.name)).encode("utf-8", "replace"))
            yield Written(account, (table, document, page), seal.rows, seal)
    except OSError as error:
        raise Halt(f"The proof cannot be written to {error.filename or directory}: {error.strerror}.", ExitCode.BROKEN) from error


def _stems(code: str, accounts: Sequence[Account]) -> list[str]:
    """A file name for each account: its address, without what file systems do not take; each once."""
    stems: list[str] = []
    for account in accounts:
        stem = f"{code}-{re.sub(r'[^A-Za-z0-9@._+-]', '_', account.destination_address)}"[:200]
        taken = {other.casefold() for other in stems}
        number, name = 2, stem
        while name.casefold() in taken:
            name, number = f"{stem}-{number}", number + 1
        stems.append(name)
    return stems
