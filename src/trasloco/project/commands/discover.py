"""``trasloco discover``: from an address to its server, its type, and the line of the CSV."""

from __future__ import annotations

import json
from typing import Any

import click

from trasloco.documents.plain import plain
from trasloco.project.event_loop import run
from trasloco.project.exit_codes import ExitCode
from trasloco.project.options import SectionedCommand, option
from trasloco.project.reach_options import reach_options
from trasloco.project.screen import say
from trasloco.sources.discovery import Called, Discovery
from trasloco.sources.discovery import discover as find

_EPILOG = """
Examples:
  trasloco discover anna@old.example
  trasloco discover anna@old.example --json

No password is asked for, and none is sent anywhere. The name server can be named in TRASLOCO_DNS (host:port).
Exit status: 0 a server was found and answers, 1 none was, 2 the command is wrong, 130 interrupted.
"""

_LOGIN_WORDS = {
    "address": "the whole address",
    "local part": "what stands before the @",
    "local part, else address": "what stands before the @; if that is refused, the whole address",
    "any": "as the server has it, mostly the whole address",
}


@click.command(cls=SectionedCommand, epilog=_EPILOG)
@click.argument("address", metavar="ADDRESS")
@option("--json", "as_json", is_flag=True, section="Form", help="What was found, for programs.")
@option("--allow-private-addresses", is_flag=True, section="Network", help="Look at servers in private and loopback ranges too.")
@reach_options
def discover(address: str, *, as_json: bool, allow_private_addresses: bool) -> int:
    """Find the IMAP server of ADDRESS.

    Asked are: what is known of the domain, its MX, its SRV records, its autoconfig file, Thunderbird's database as it is
    shipped; then the server itself, for its greeting. What is found fills the server and login of a line of the CSV, and names its --type.
    """
    local, at, domain = address.strip().rpartition("@")
    if not (local and at and domain) or any(char.isspace() for char in address.strip()):
        raise click.UsageError(f"{plain(address)} is no mail address. Write it as anna@old.example.")
    found = run(find(address.strip(), allow_private=allow_private_addresses))
    if as_json:
        click.echo(json.dumps(_document(found), ensure_ascii=False, indent=2))
    else:
        _show(found)
    return ExitCode.OK if found.found else ExitCode.SOMETHING_FAILED


def _document(found: Discovery) -> dict[str, Any]:
    return {
        "address": found.address,
        "type": found.provider.name,
        "server": _server(found.found) if found.found else None,
        "tried": [_server(item) for item in found.called if item is not found.found],
        "asked": dict(found.asked),
        "first": list(found.provider.first),
    }


def _server(item: Called) -> dict[str, Any]:
    server = item.candidate.server
    return {
        "host": server.host,
        "port": server.port,
        "tls": "starttls" if server.starttls else "implicit",
        "login": server.login,
        "oauth": server.token,
        "found_by": item.candidate.found_by,
        "source": item.candidate.by.value,
        "greeting": item.greeting,
        "id": item.server_id,
        "capabilities": list(item.capabilities),
        "certificate": item.certificate,
        "trouble": item.trouble,
    }


def _show(found: Discovery) -> None:
    for item in found.called:
        if item.trouble:
            server, verdict = item.candidate.server, "should be it, but" if item.candidate.provider else "is not it:"
            say(f"{server.host}:{server.port} ({item.candidate.found_by}) {verdict} {item.trouble}")
    if found.found is None:
        say(f"No IMAP server answers for {found.address}. Ask whoever runs it for its name, or look into the settings of a mail program.")
        for question, answer in found.asked:
            say(f"  {question}: {answer}")
        return
    _show_server(found, found.found)


def _show_server(found: Discovery, item: Called) -> None:
    server, provider = item.candidate.server, found.provider
    say(f"Server: {server.host}:{server.port}, {'STARTTLS' if server.starttls else 'TLS'} ({item.candidate.found_by})")
    say(f"It says: {item.greeting} {item.server_id}".rstrip())
    if item.certificate:
        say(f"Certificate: {item.certificate}. With --source-tls pin exactly this one is accepted.")
    say(f"Login: {_LOGIN_WORDS[server.login]}")
    say(f"Type: --type {provider.name} ({provider.title})")
    for sentence in provider.first:
        say(f"First: {sentence}")
    say()
    login = found.address.rpartition("@")[0] if server.login.startswith("local part") else found.address
    say(f"In the CSV: NEW-ADDRESS;{_written(server.host, server.port)};{login};{'PASSWORD' if provider.takes_passwords else ''}")


def _written(host: str, port: int) -> str:
    return host if port == 993 else f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
