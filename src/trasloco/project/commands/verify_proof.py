"""``trasloco verify-proof``: check a proof without database and without network."""

from __future__ import annotations

import re
from pathlib import Path

import click

from trasloco.documents.plain import plain
from trasloco.documents.units import count_words
from trasloco.project.exit_codes import ExitCode
from trasloco.project.options import SectionedCommand, option
from trasloco.project.screen import complain, say
from trasloco.records.proof_format import fingerprint
from trasloco.records.proof_key import ProofKeyProblem, read_public_key
from trasloco.records.proof_reader import Checked, NotAProof, check_proof

_EPILOG = """
Examples:
  trasloco verify-proof k7m2q9xd-anna@example.net.csv
  trasloco verify-proof k7m2q9xd-anna@example.net.json --public-key 3f9a:...:77d0

Without --public-key the file is checked in itself, and the key that sealed it is named: compare it with
what trasloco proof --key says on the machine of whoever gave you the proof.
Exit status: 0 the proof is good, 1 it is not, 2 the file is no proof or the command is wrong.
"""


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE...")
@option(
    "--public-key",
    metavar="FILE|FINGERPRINT",
    section="Key",
    help="The key it must be sealed with: a PEM file, or a fingerprint as trasloco proof --key says it.",
)
def verify_proof(files: tuple[str, ...], public_key: str | None) -> int:
    """Check that a proof (CSV or JSON) is as it was sealed: no row changed, removed, added or moved."""
    wanted = _fingerprint(public_key) if public_key else ""
    worst = ExitCode.OK
    for file in files:
        try:
            checked = check_proof(Path(file))
        except NotAProof as error:
            complain(plain(f"{file}: {error}" if file not in str(error) else str(error)))
            worst = ExitCode.USAGE
            continue
        if wanted and checked.fingerprint and checked.fingerprint != wanted:
            checked.add(f"It was sealed with another key: {checked.fingerprint}, not {wanted}.")
        _show(file, checked, known=bool(wanted))
        if not checked.good:
            worst = worst or ExitCode.SOMETHING_FAILED
    return worst


def _fingerprint(given: str) -> str:
    """The fingerprint meant: of a PEM file, or as written, with or without colons."""
    digits = given.replace(":", "").replace(" ", "").lower()
    if re.fullmatch("[0-9a-f]{64}", digits):
        return ":".join(digits[start : start + 4] for start in range(0, 64, 4))
    try:
        return fingerprint(read_public_key(Path(given).read_bytes()))
    except ProofKeyProblem as error:
        raise click.UsageError(f"--public-key {given}: {error}.") from None
    except OSError as error:
        words = "It is neither a file that can be read nor a fingerprint of 64 hexadecimal digits"
        raise click.UsageError(f"--public-key {given}: {words} ({error.strerror}).") from None


def _show(file: str, checked: Checked, *, known: bool) -> None:
    head = checked.head
    if not checked.good:
        complain(f"{plain(file)}: this proof is NOT good.")
        for words in checked.problems:
            complain(f"  {plain(words)}")
        if checked.more:
            complain(f"  and {count_words(checked.more, 'more problem')} of the same kinds.")
        return
    say(f"{plain(file)}: the proof is good.", style="bold")
    say(f"  {count_words(checked.rows, 'message')} of {plain(_account(head))}, migration {plain(str(head.get('migration', '?')))},")
    say(f"  made at {plain(str(head.get('made_at', '?')))}. Fates: {plain(_counts(head))}.")
    verdict = "as asked for" if known else "compare it with what trasloco proof --key says where it was made"
    say(f"  Sealed with the key {checked.fingerprint} ({verdict}).")


def _account(head: object) -> str:
    """Head values are a stranger's: of any kind."""
    parts = []
    for side, name in (("source", "login"), ("destination", "address")):
        value = head.get(side) if isinstance(head, dict) else None
        parts.append(str(value.get(name, "?")) if isinstance(value, dict) else "?")
    return " → ".join(parts)


def _counts(head: object) -> str:
    counts = head.get("counts") if isinstance(head, dict) else None
    if not isinstance(counts, dict):
        return "not told"
    return (
        ", ".join(f"{count:,} {fate}" for fate, count in counts.items() if fate != "source" and isinstance(count, int) and count) or "none"
    )
