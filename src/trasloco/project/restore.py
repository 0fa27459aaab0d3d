"""A backup put back: keys first, then the database, all of it or nothing; only where there is none yet.

Nothing is overwritten: neither a database with tables nor a key that says something else.
Errors: ``Halt`` with words for the operator, ``DatabaseUnavailable``.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import psycopg

from trasloco.project.backup import DUMP, KEYS, Manifest, key_files, read_manifest
from trasloco.project.database import opened, prepare
from trasloco.project.halt import Halt
from trasloco.project.sealed_keys import WrongPassphrase, open_keys
from trasloco.records.key_ring import KeyRing
from trasloco.records.postgres_tools import PostgresTools
from trasloco.records.private_file import create_private
from trasloco.secret import Secret


def restore(directory: Path, passphrase: Secret | None) -> Manifest:
    """Put the backup into this installation, and bring its schema up to date. Raises ``Halt``, ``DatabaseUnavailable``, OSError."""
    manifest = read_manifest(directory)
    _refuse_newer(manifest)
    keys = _keys(directory, passphrase)
    _refuse_other_keys(keys, manifest)
    with opened() as database:
        _refuse_used(database.conninfo)
        tools = PostgresTools(database.conninfo)
        if tools.major < manifest.postgres:
            raise Halt(
                f"The backup was made of PostgreSQL {manifest.postgres}, and this database is {tools.major}. "
                "Restore it into one of the same version or a newer one."
            )
        for name, text in keys.items():
            path = key_files()[name]
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            create_private(path, text.encode("ascii"))
        tools.load(directory / DUMP)
        with prepare():
            pass  # an older backup's schema is brought up to date
    return manifest


def missing_keys(manifest: Manifest) -> tuple[str, ...]:
    """Ids of master keys the backup's database may need and this installation does not have."""
    path = key_files()["master.key"]
    here = KeyRing.open(path).ids if path.exists() else frozenset()
    return tuple(name for name in manifest.master_keys if name not in here)


def _keys(directory: Path, passphrase: Secret | None) -> Mapping[str, str]:
    """Of the backup; none where none are wanted or there are none."""
    path = directory / KEYS
    if passphrase is None:
        return {}
    if not path.exists():
        raise Halt(
            f"There are no keys in {directory}: it was made without a passphrase. Restore without one, and bring the key files yourself."
        )
    try:
        found = open_keys(path.read_bytes(), passphrase)
    except WrongPassphrase as error:
        raise Halt(f"The passphrase does not open {path}. Nothing was restored.") from error
    return {name: text for name, text in found.items() if name in key_files()}


def _refuse_other_keys(keys: Mapping[str, str], manifest: Manifest) -> None:
    for name, text in keys.items():
        path = key_files()[name]
        if path.exists() and path.read_text("ascii", errors="replace") != text:
            raise Halt(f"{path} is there already and is not that of the backup. Move it away, or restore into another state directory.")
    master = key_files()["master.key"]
    if not keys and master.exists() and missing_keys(manifest):
        raise Halt(
            f"{master} is another installation's: the backup needs master key {', '.join(missing_keys(manifest))}. "
            "Put the master.key that belongs to the backup there first."
        )


def _refuse_newer(manifest: Manifest) -> None:
    package = import_module("trasloco.records.migrations")
    known = {module.name for module in pkgutil.iter_modules(package.__path__)}
    if unknown := [name for name in manifest.schema if name not in known]:
        raise Halt(f"The backup was made by a newer Trasloco ({manifest.version}; it has {unknown[-1]}). Restore it with that version.")


def _refuse_used(conninfo: str) -> None:
    with psycopg.connect(conninfo, connect_timeout=30) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()").fetchone()
    if row is None or row[0]:
        raise Halt(
            "There is a database here already, and nothing is overwritten. Restore into a new TRASLOCO_STATE_DIR, "
            "or name an empty database with DATABASE_URL."
        )
