"""Settings from a TOML file instead of the environment: ``TRASLOCO_CONFIG`` names it.

A name at the top is a variable without ``TRASLOCO_``, in small letters; a table is a command, and holds its options::

    database_url = "postgres://trasloco:password@db.example.net/trasloco"
    hosts = ["trasloco.example.net"]
    https = true

    [worker]
    processes = 0

What the environment says wins over the file, and the command line over both. The file may hold passwords.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, MutableMapping

import click

from trasloco.plan.shares import FIGURES
from trasloco.project.password_files import read_secret_text

VARIABLE = "TRASLOCO_CONFIG"
PLAIN = ("DATABASE_URL", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
"""Variables that do not begin with ``TRASLOCO_``."""
SETTINGS = (
    "STATE_DIR",
    "MASTER_KEY_FILE",
    "SECRET_KEY",
    "HOSTS",
    "HTTPS",
    "DNS",
    "DNS_PORT",
    "PG_BIN",
    "BACKUP_PASSPHRASE",
    "SUPERUSER_PASSWORD",
    *(name.upper() for name in FIGURES),
    "TOKEN",
)
"""Of the environment alone: no option of any command has them."""
_BY_COMMA = ("HOSTS", "PROXIES", "QUEUES")


def apply_configuration(group: click.Group, environ: MutableMapping[str, str] = os.environ) -> None:
    """Put what the file says, and the environment does not, into the environment. Nothing when no file is named.

    group: the commands, whose options are known by it. Raises ``click.UsageError`` with words for a file that cannot be read, a name
    that nobody knows, or a value that is none.
    """
    path = environ.get(VARIABLE, "")
    if not path:
        return
    try:
        found = tomllib.loads(read_secret_text(path, VARIABLE))
    except tomllib.TOMLDecodeError as error:
        raise click.UsageError(f"{VARIABLE}: {path} is not TOML: {error}.") from error
    for name, value in found.items():
        if isinstance(value, dict):
            for variable, text in _of_command(group, path, name, value):
                environ.setdefault(variable, text)
        else:
            environ.setdefault(_variable(group, path, name), _text(path, name, value))


def _of_command(group: click.Group, path: str, name: str, values: dict[str, object]) -> Iterator[tuple[str, str]]:
    """The variables of one table."""
    command = group.get_command(click.Context(group), name)
    if command is None:
        raise click.UsageError(f"{VARIABLE}: {path} has a table [{name}], and there is no such command.")
    known = _options(command)
    for key, value in values.items():
        if _plain(key) not in known:
            raise click.UsageError(f"{VARIABLE}: {path} names {key} in [{name}], and trasloco {name} has no such option.")
        yield f"TRASLOCO_{_plain(name)}_{_plain(key)}", _text(path, key, value)


def _variable(group: click.Group, path: str, name: str) -> str:
    plain = _plain(name)
    if plain in PLAIN:
        return plain
    if plain in SETTINGS:
        return f"TRASLOCO_{plain}"
    context = click.Context(group)
    commands = [group.get_command(context, command) for command in group.list_commands(context)]
    if not any(plain in _options(command) for command in commands if command is not None):
        raise click.UsageError(f"{VARIABLE}: {path} names {name}, which is neither a setting nor an option of any command.")
    return f"TRASLOCO_{plain}"


def _options(command: click.Command) -> set[str]:
    """The names of its options, as variables have them."""
    options = [item for item in command.params if isinstance(item, click.Option) and not item.hidden and item.envvar]
    return {_plain(option.opts[0].lstrip("-")) for option in options}


def _plain(name: str) -> str:
    return name.replace("-", "_").upper()


def _text(path: str, name: str, value: object) -> str:
    """As the environment has it. Raises ``click.UsageError``."""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ("," if _plain(name) in _BY_COMMA else ";").join(str(item) for item in value)
    raise click.UsageError(f"{VARIABLE}: {path} gives {name} a value that is neither text, number, true or false, nor a list of them.")
