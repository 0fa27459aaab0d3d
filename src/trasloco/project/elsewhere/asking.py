"""A command's client of the API: where it asks, by which token, and how it ends when it is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import click

from trasloco.client.answers import AskingFailed, Refusal
from trasloco.client.api_client import ApiClient
from trasloco.documents.plain import plain
from trasloco.plan.problems import Problem
from trasloco.project.accounts_file import show_problems
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.project.password_files import read_password
from trasloco.project.server_options import TOKEN_VARIABLE


@contextmanager
def asked(values: Mapping[str, Any]) -> Iterator[ApiClient]:
    """The client that ``server_options`` name. What is refused inside becomes a ``Halt`` in the API's words.

    Raises ``click.UsageError`` where there is no server, no token, or an address that must not get one."""
    if not values.get("server"):
        raise click.UsageError("Which Trasloco? Give --server https://trasloco.example.net, or set TRASLOCO_SERVER.")
    token = read_password(values["token_file"], TOKEN_VARIABLE, "--token-file")
    if token is None:
        raise click.UsageError(
            f"By which token? Write one into a file that only you can read, and give --token-file, or set {TOKEN_VARIABLE}."
        )
    if not token.reveal().isascii() or not token.reveal().isprintable() or " " in token.reveal():
        raise click.UsageError("The token holds characters that no token has. Copy it once more from the page where it was made.")
    try:
        client = ApiClient(values["server"], token, ca=values.get("server_ca") or "")
    except ValueError as error:
        raise click.UsageError(f"--server: {error}") from error
    try:
        yield client
    except AskingFailed as error:
        raise halt(error, client) from error


def halt(error: AskingFailed, client: ApiClient) -> Halt:
    """How the command ends: 2 where nothing was begun, 3 where the server could not be asked."""
    words = plain(error.words)
    if not isinstance(error, Refusal):
        if "certificate" in words:
            words += " Where it is of an authority of your own, give its certificate with --server-ca."
        return Halt(words)
    if error.problems:
        found = [Problem(item.line, item.column, item.code, plain(item.words), plain(item.remedy)) for item in error.problems]
        show_problems("What is wrong", found)
    if error.status == 404:
        words = f"There is no such migration or account at {client.address} that this token may see. trasloco report --server … lists them."
    return Halt(words, ExitCode.BROKEN if error.status in (429, 500, 502, 503, 504) else ExitCode.USAGE)


def place(code: str, *more: object) -> str:
    """The path of a migration, or of something of it. What people type never leads elsewhere."""
    parts = [code.strip().lower(), *map(str, more)]
    return "/migrations/" + "/".join(quote(part, safe="") for part in parts)


def account_of(client: ApiClient, code: str, address: str) -> Mapping[str, Any]:
    """The account with this address on the destination. Raises ``Halt``."""
    wanted = address.strip().casefold()
    for account in client.pages(place(code, "accounts"), q=address.strip()):
        if account["destination"].casefold() == wanted:
            found: Mapping[str, Any] = account
            return found
    raise Halt(f"Migration {plain(code)} has no account {plain(address)}.", ExitCode.USAGE)
