"""The file of ``--source-oauth``, and the consents of people that ``trasloco authorize`` keeps beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from trasloco.documents.atomic_file import write_atomically
from trasloco.project.password_files import read_secret_text
from trasloco.secret import Secret
from trasloco.sources.oauth_settings import OauthError, OauthSettings, parse_oauth

_OPTION = "--source-oauth"


def read_oauth(file: str | None) -> OauthSettings | None:
    """The settings in ``file`` ("-": standard input) with the consents kept beside it; None without a file.

    Raises ``click.UsageError``."""
    if not file:
        return None
    text = read_secret_text(file, _OPTION)
    directory = Path.cwd() if file == "-" else Path(file).resolve().parent
    try:
        found = parse_oauth(text, lambda name: read_secret_text(str(directory / name), _OPTION))
    except OauthError as error:
        raise click.UsageError(f"{_OPTION}: {error}.") from None
    return OauthSettings(found.kind, found.values, {} if file == "-" else _consents(Path(file)))


def keep_consent(file: str, mailbox: str, consent: Secret) -> Path:
    """Keep what the owner of ``mailbox`` allowed, beside ``file``; only we may read it. Returns where. Raises OSError."""
    path = _beside(Path(file))
    known = {name: secret.reveal() for name, secret in _consents(Path(file)).items()}
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    write_atomically(path, json.dumps(known | {mailbox.casefold(): consent.reveal()}).encode("utf-8"))
    return path


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.consents")


def _consents(file: Path) -> dict[str, Secret]:
    path = _beside(file)
    if not path.exists():
        return {}
    try:
        known = json.loads(read_secret_text(str(path), _OPTION))
        return {str(name): Secret(str(value)) for name, value in known.items()}
    except (ValueError, AttributeError):
        raise click.UsageError(f"{_OPTION}: {path} is damaged. Delete it, and run trasloco authorize again for each mailbox.") from None
