"""``trasloco proof --server``: the proofs of another Trasloco, fetched, taken out of their archive and checked."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from trasloco.client.answers import NotTheApi
from trasloco.client.api_client import ApiClient
from trasloco.documents.plain import plain
from trasloco.documents.units import count_words
from trasloco.project.elsewhere.asking import account_of, asked, place
from trasloco.project.exit_codes import ExitCode
from trasloco.project.screen import complain, say
from trasloco.records.proof_reader import NotAProof, check_proof

_NAME = re.compile(r"[\w@+-][\w@.+ -]{0,250}\.(csv|json|html)")


def proofs_there(code: str, addresses: Sequence[str], output: str | None, values: Mapping[str, Any]) -> int:
    """values: click's parameters by name. The exit status: 1 when a proof is not as it was sealed."""
    with asked(values) as client, tempfile.TemporaryFile() as file:
        migration = client.get(place(code))
        directory = Path(output or f"proof-{migration['code']}")
        directory.mkdir(parents=True, exist_ok=True)
        written: list[Path] = []
        for path in _archives(client, migration["code"], addresses):
            client.save(path, file)
            written += _taken_out(client, file, directory)
    return _checked([path for path in written if path.suffix == ".json"], directory)


def _archives(client: ApiClient, code: str, addresses: Sequence[str]) -> Iterator[str]:
    """Where they are: one of the whole migration, or one of each account that is asked for."""
    if not addresses:
        yield place(code, "proof")
    for identity in [account_of(client, code, address)["id"] for address in addresses]:
        yield place(code, "accounts", identity, "proof")


def _taken_out(client: ApiClient, file: IO[bytes], directory: Path) -> Iterator[Path]:
    """The files of one archive. No name of it leads out of the directory."""
    try:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                if not _NAME.fullmatch(name):
                    raise NotTheApi(f"The archive of {client.address} holds “{plain(name)}”, which is no file of a proof.")
                path = directory / name
                with archive.open(name) as source, path.open("wb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
                yield path
    except zipfile.BadZipFile as error:
        raise NotTheApi(f"What {client.address} sends as proofs is no archive: {error}.") from error


def _checked(files: Sequence[Path], directory: Path) -> int:
    messages, keys, bad = 0, set(), 0
    for path in files:
        try:
            found = check_proof(path)
        except NotAProof as error:
            complain(plain(f"{path.name}: {error}"))
            bad += 1
            continue
        messages += found.rows
        keys.add(found.fingerprint)
        for words in found.problems:
            complain(plain(f"{path.name}: {words}"))
        bad += not found.good
        destination = found.head.get("destination")
        name = destination.get("address", "") if isinstance(destination, dict) else ""
        say(f"{plain(str(name))}: {count_words(found.rows, 'message')}, {path.name}")
    say()
    say(f"{count_words(messages, 'message')} of {count_words(len(files), 'account')} in {directory}.", style="bold")
    for key in sorted(keys):
        say(f"Sealed with the key {key}.")
    if bad:
        complain(f"{count_words(bad, 'proof')} of {len(files)} not as sealed: fetch them again, and ask who runs that Trasloco.")
        return ExitCode.SOMETHING_FAILED
    say(f"To check: trasloco verify-proof {directory}/*.json --public-key FINGERPRINT")
    return ExitCode.OK
