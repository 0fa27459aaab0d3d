"""The kinds of source (``--type``) as data: where they are, how they are opened, what they allow and what they show.

The facts stand in ``providers.toml``; here they are read once and checked, so that a wrong file
fails at the first use and names the key. Finding a provider by a domain, an MX or a greeting is here too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from trasloco.imap.quirks import QUIRKS

LOGINS = ("any", "address", "local part", "local part, else address")
PASSWORDS = ("account", "account or app", "app", "never")
COUNTS = (
    "connections_per_mailbox",
    "connections_per_host",
    "messages_per_second",
    "bytes_per_second",
    "bytes_per_day",
    "message_limit",
)
TOKENS = ("microsoft-app", "microsoft-device", "google-service-account", "google-consent")


@dataclass(frozen=True, slots=True)
class Provider:
    """One kind of source.

    name: as in ``--type``. title: for people. host, port: the usual server, "" and None if there is none.
    starttls: that port begins in the clear and switches. other_hosts: where some of its mailboxes are.
    login: what stands in the login column, one of LOGINS. password: which one opens a mailbox, one of PASSWORDS.
    oauth: kinds of token it takes, of TOKENS. master: the forms of a master login it knows, in words.
    connections_per_mailbox, connections_per_host: how many at once to begin with.
    messages_per_second, bytes_per_second: what may be fetched from the server, of all mailboxes together, None = no figure is known.
    bytes_per_day: what may be fetched from one mailbox in 24 hours, None = no figure is known.
    message_limit: bytes of the largest message it handles, None = not known.
    skip_non_mail: its folder list shows Calendar, Contacts and the like, to be left out.
    no_mail: folders left out by name ("/" between levels), as they hold no mail or mail that stands elsewhere too.
    quirks: those of ``imap.quirks`` seen there. first: what a person has to do before, sentences.
    domains: of addresses that are always there. mx: patterns of the hosts its domains' MX name.
    greeting: words by which its servers know themselves, also in ID. unsure: keys of figures nobody could look up.
    """

    name: str
    title: str
    connections_per_mailbox: int
    connections_per_host: int
    host: str = ""
    port: int | None = None
    starttls: bool = False
    other_hosts: tuple[str, ...] = ()
    login: str = "any"
    password: str = "account"  # noqa: S105 - which password, not one
    oauth: tuple[str, ...] = ()
    master: tuple[str, ...] = ()
    messages_per_second: int | None = None
    bytes_per_second: int | None = None
    bytes_per_day: int | None = None
    message_limit: int | None = None
    skip_non_mail: bool = False
    no_mail: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()
    greeting: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for key in COUNTS:
            value = getattr(self, key)
            if value is not None and value < 1:
                self._refuse(f"{key} must be at least 1")
        if self.port is not None and not 1 <= self.port <= 65535:
            self._refuse(f"the port {self.port} does not exist")
        if bool(self.host) != (self.port is not None):
            self._refuse("host and port come together")
        if self.starttls and not self.host:
            self._refuse("starttls is of a host")
        for key, known in (("login", LOGINS), ("password", PASSWORDS)):
            if getattr(self, key) not in known:
                self._refuse(f"{key} must be one of: {', '.join(known)}")
        lists = (("oauth", TOKENS), ("quirks", [quirk.name for quirk in QUIRKS]), ("unsure", [item.name for item in fields(self)]))
        for key, names in lists:
            for value in getattr(self, key):
                if value not in names:
                    self._refuse(f"{key} names {value}, which is not known")
        if not self.takes_passwords and not self.oauth:
            self._refuse("there is no way in: neither a password nor a token")

    @property
    def takes_passwords(self) -> bool:
        """False: it is opened by OAuth tokens only."""
        return PASSWORDS.index(self.password) < PASSWORDS.index("never")

    @property
    def server(self) -> str:
        """What an empty server column stands for, "" where the operator has to write it."""
        return "" if self.starttls or self.port != 993 else self.host

    def _refuse(self, words: str) -> None:
        raise ValueError(f"provider {self.name}: {words}")


_KINDS: Mapping[str, type] = {"str": str, "int": int, "bool": bool, "int | None": int, "tuple[str, ...]": list}


@cache
def providers() -> Mapping[str, Provider]:
    """All providers by name, in the order they are offered. Raises ValueError for a wrong data file."""
    text = resources.files("trasloco.plan").joinpath("providers.toml").read_text("utf-8")
    return MappingProxyType({name: provider(name, facts) for name, facts in tomllib.loads(text).items()})


def provider(name: str, facts: Mapping[str, Any]) -> Provider:
    """One provider from its table of facts. Raises ValueError that names the provider and the key."""
    known = {item.name: item for item in fields(Provider) if item.name != "name"}
    values: dict[str, Any] = {}
    for key, value in facts.items():
        if key not in known:
            raise ValueError(f"provider {name}: the key {key} is not known")
        if type(value) is not _KINDS[str(known[key].type)] or (
            isinstance(value, list) and not all(isinstance(item, str) for item in value)
        ):
            raise ValueError(f"provider {name}: {key} must be of type {known[key].type}")
        values[key] = tuple(value) if isinstance(value, list) else value
    try:
        return Provider(name, **values)
    except TypeError as error:
        raise ValueError(f"provider {name}: {error}") from error


def of_domain(domain: str) -> Provider | None:
    """Whose addresses always end so."""
    wanted = domain.casefold().rstrip(".")
    return next((item for item in providers().values() if wanted in item.domains), None)


def of_mx(host: str) -> Provider | None:
    """Whose mail servers a domain's MX names; the longest pattern that fits wins."""
    wanted = host.casefold().rstrip(".")
    fits = [(len(pattern), item) for item in providers().values() for pattern in item.mx if fnmatchcase(wanted, pattern)]
    return max(fits, key=lambda fit: fit[0])[1] if fits else None


def of_host(host: str) -> Provider | None:
    """Whose IMAP server this is, by its name."""
    wanted = host.casefold().rstrip(".")
    return next((item for item in providers().values() if wanted and wanted in (item.host, *item.other_hosts)), None)


def of_greeting(words: str) -> Provider | None:
    """What kind of server greets so; words: greeting, and name and vendor of its ID. The longest sign wins."""
    said = words.casefold()
    fits = [(len(sign), item) for item in providers().values() for sign in item.greeting if sign.casefold() in said]
    return max(fits, key=lambda fit: fit[0])[1] if fits else None
