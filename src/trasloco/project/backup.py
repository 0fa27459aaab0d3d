"""A backup: one directory with the database as of one moment, what it needs, and the keys if a passphrase seals them.

``database.dump`` (pg_dump's custom format), ``backup.json`` (who made it when, digests, which master keys it needs) and
``keys.sealed``. The directory appears whole or not at all. The database holds passwords that ``master.key`` opens:
without a passphrase the keys are left out, because the two must not lie together.
Errors: ``Halt`` with words for the operator, ``DatabaseUnavailable``.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from trasloco import __version__
from trasloco.project.database import Database
from trasloco.project.halt import Halt
from trasloco.project.paths import master_key_file, state_directory
from trasloco.project.sealed_keys import seal_keys
from trasloco.project.secret_key import NAME as SESSION_KEY
from trasloco.records.key_ring import KeyRing
from trasloco.records.postgres_tools import PostgresTools
from trasloco.records.private_file import create_private
from trasloco.records.proof_key import FILE_NAME as PROOF_KEY
from trasloco.secret import Secret

DUMP, MANIFEST, KEYS = "database.dump", "backup.json", "keys.sealed"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """made_at: ISO 8601. version: of Trasloco. postgres: major version of the server. schema: names of our migrations it has.
    master_keys: ids of the keys in master.key. digests: file name to SHA-256 in hex."""

    format: int
    made_at: str
    version: str
    postgres: int
    schema: tuple[str, ...]
    master_keys: tuple[str, ...]
    digests: Mapping[str, str]


def key_files(environ: Mapping[str, str] = os.environ) -> dict[str, Path]:
    """Where the keys of this installation are, by the names they have in a backup. There may be no such files yet."""
    state = state_directory(environ)
    return {"master.key": master_key_file(environ), PROOF_KEY: state / PROOF_KEY, SESSION_KEY: state / SESSION_KEY}


def write_backup(database: Database, directory: Path, passphrase: Secret | None) -> Manifest:
    """Make the directory. Raises ``Halt`` when there is one already, ``DatabaseUnavailable``, OSError."""
    if directory.exists():
        raise Halt(f"{directory} is there already. A backup gets a directory of its own; give it another name.")
    unfinished = directory.with_name(f".{directory.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700, parents=True)
    try:
        tools = PostgresTools(database.conninfo)
        schema = _schema(database)
        tools.dump(unfinished / DUMP)
        (unfinished / DUMP).chmod(0o600)
        # Afterwards: a key that was added meanwhile is one more, and none is missing.
        keys = {name: path.read_text("ascii") for name, path in key_files().items() if path.exists()}
        if passphrase is not None:
            create_private(unfinished / KEYS, seal_keys(keys, passphrase))
        manifest = Manifest(
            format=FORMAT,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=__version__,
            postgres=tools.major,
            schema=schema,
            master_keys=tuple(sorted(KeyRing.open(key_files()["master.key"]).ids)) if "master.key" in keys else (),
            digests={path.name: digest(path) for path in sorted(unfinished.iterdir())},
        )
        create_private(unfinished / MANIFEST, (json.dumps(asdict(manifest), indent=2) + "\n").encode())
        unfinished.rename(directory)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return manifest


def read_manifest(directory: Path) -> Manifest:
    """What a backup says of itself, after its files were compared with their digests. Raises ``Halt``."""
    try:
        found = json.loads((directory / MANIFEST).read_text("utf-8"))
        if found["format"] != FORMAT:
            raise Halt(f"The backup in {directory} was made by Trasloco {found['version']}, which is newer. Restore it with that version.")
        manifest = Manifest(
            format=FORMAT,
            made_at=str(found["made_at"]),
            version=str(found["version"]),
            postgres=int(found["postgres"]),
            schema=tuple(found["schema"]),
            master_keys=tuple(found["master_keys"]),
            digests=dict(found["digests"]),
        )
        if DUMP not in manifest.digests:
            raise KeyError(DUMP)
        for name, expected in manifest.digests.items():
            if digest(directory / Path(name).name) != expected:
                raise Halt(f"{directory / name} is not as it was when the backup was made: it is damaged. Take another backup.")
    except FileNotFoundError as error:
        raise Halt(f"{directory} is not a whole backup: {error.filename} is not there.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise Halt(f"{directory / MANIFEST} is not that of a backup, or is damaged.") from error
    return manifest


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _schema(database: Database) -> tuple[str, ...]:
    with psycopg.connect(database.conninfo, connect_timeout=30) as connection:
        if connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
            raise Halt("There is nothing to back up: no Trasloco has used this database yet.")
        rows = connection.execute("SELECT name FROM django_migrations WHERE app = 'trasloco_records' ORDER BY name").fetchall()
    return tuple(row[0] for row in rows)
