"""The files of a proof: CSV, JSON and a page, for each account of a migration. Needs Django to be set up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from trasloco.documents.atomic_file import write_atomically
from trasloco.documents.proof_html import proof_page
from trasloco.records import queries
from trasloco.records.models import Account
from trasloco.records.proof_format import Seal
from trasloco.records.proof_key import ProofKey
from trasloco.records.proof_source import open_proof
from trasloco.records.proof_writer import write_proof


@dataclass(frozen=True, slots=True)
class Written:
    """One account's proof. messages: in it."""

    account: Account
    files: tuple[Path, Path, Path]
    messages: int
    seal: Seal


def write_proofs(code: str, accounts: Sequence[Account], directory: Path, key: ProofKey) -> Iterator[Written]:
    """Write the proofs of these accounts of migration ``code``, one after the other. Raises OSError."""
    reasons = queries.exceptions(code)
    directory.mkdir(parents=True, exist_ok=True)
    for account, stem in zip(accounts, _stems(code, accounts), strict=True):
        table, document, page = (directory / f"{stem}.{ending}" for ending in ("csv", "json", "html"))
        with open_proof(account) as proof:
            seal = write_proof(table, document, proof.head, proof.rows, key)
        mine = [item for item in reasons if item.destination == account.destination_address]
        write_atomically(page, proof_page(proof.head, seal, mine, (table.name, document.name)).encode("utf-8", "replace"))
        yield Written(account, (table, document, page), seal.rows, seal)


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
