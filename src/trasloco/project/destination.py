"""The operator's own server, and how each mailbox on it is opened."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from trasloco.engine.account import Side
from trasloco.engine.failure import SideName
from trasloco.engine.master_memory import MasterMemory
from trasloco.engine.master_user import SEPARATOR, Dialect, MasterLogin, MasterUser
from trasloco.imap.endpoint import Endpoint
from trasloco.imap.sasl import Credentials
from trasloco.plan.endpoints import destination_url
from trasloco.project.encryption import Encryption
from trasloco.project.password_files import read_password, read_passwords
from trasloco.secret import Secret

_MASTER_FILE = "--destination-master-password-file"
_MASTER_VARIABLE = "TRASLOCO_DESTINATION_MASTER_PASSWORD"


class LoginForm(enum.StrEnum):
    """The three ways in; the values are stored with a migration."""

    MASTER = "master"  # address, separator, master name; the master's password
    AUTHZID = "authzid"  # SASL PLAIN: the master's name and password, the address as authorization identity
    PASSWORD = "password"  # noqa: S105 - the name of a way in: each mailbox has its own


@dataclass(frozen=True, slots=True)
class Destination:
    """Where all mailboxes go. ``passwords``: by casefolded address, only for LoginForm.PASSWORD."""

    endpoint: Endpoint
    form: LoginForm
    user: str = ""
    separator: str = SEPARATOR
    secret: Secret | None = None
    passwords: Mapping[str, Secret] = field(default_factory=dict)

    def side(self, address: str, memory: MasterMemory) -> Side:
        """The side of one mailbox. memory: for the dialect of the master user. Raises ``KeyError`` without a password for it."""
        if self.form is LoginForm.PASSWORD:
            return Side(SideName.DESTINATION, self.endpoint, Credentials(address, self.passwords[address.casefold()]))
        preferred = Dialect.AUTHZID if self.form is LoginForm.AUTHZID else Dialect.JOINED
        master = MasterUser(self.user, self.secret or Secret(""), self.separator, preferred)
        return Side.by_master(SideName.DESTINATION, self.endpoint, MasterLogin(master, address, memory))

    def without_password(self, addresses: Sequence[str]) -> list[str]:
        """The addresses that the passwords' file does not name."""
        if self.form is not LoginForm.PASSWORD:
            return []
        return [address for address in addresses if address.casefold() not in self.passwords]


def destination_of(values: Mapping[str, Any], encryption: Encryption) -> Destination | None:
    """The destination that the options describe, None when there is no --destination.

    values: click's parameters by name. Raises ``click.UsageError`` for what is missing or contradicts.
    """
    master, authzid = values["destination_master"], values["destination_authzid"]
    passwords, file = values["destination_passwords"], values["destination_master_password_file"]
    if not values["destination"]:
        if master or authzid or passwords or file:
            raise click.UsageError("There is a way in (--destination-master ...) but no --destination URL to use it on.")
        return None
    endpoint = _endpoint(values["destination"], encryption)
    if sum(map(bool, (master, authzid, passwords))) != 1:
        raise click.UsageError(
            "Say how the mailboxes of the destination are opened, by exactly one of --destination-master NAME, "
            "--destination-authzid NAME, --destination-passwords FILE."
        )
    if passwords:
        if file:
            raise click.UsageError(f"{_MASTER_FILE} has no use beside --destination-passwords: leave one of them out.")
        return Destination(endpoint, LoginForm.PASSWORD, passwords=read_passwords(passwords, "--destination-passwords"))
    secret = read_password(file, _MASTER_VARIABLE, _MASTER_FILE)
    if secret is None:
        raise click.UsageError(f"The password of the master user is missing: give {_MASTER_FILE} FILE, or set {_MASTER_VARIABLE}.")
    if authzid:
        return Destination(endpoint, LoginForm.AUTHZID, authzid, secret=secret)
    return Destination(endpoint, LoginForm.MASTER, master, values["destination_master_separator"], secret)


def _endpoint(url: str, encryption: Encryption) -> Endpoint:
    try:
        endpoint, login = destination_url(url, tls=encryption.tls, starttls=encryption.starttls)
    except ValueError as error:
        raise click.UsageError(f"--destination: {error}") from None
    if login:
        raise click.UsageError(
            "--destination names the server only: leave out what stands before the @. Each mailbox's name comes from the CSV."
        )
    return endpoint
