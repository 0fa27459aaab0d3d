"""The kinds of source (``--type``) as data: where they are, how many connections they like, what they show.

The facts stand in ``providers.toml``; here they are read once and checked, so that a wrong file
fails at the first use and names the key.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Provider:
    """One kind of source.

    name: as in ``--type``. title: for people. host, port: the usual server, "" and None if there is none.
    connections_per_mailbox, connections_per_host: how many at once to begin with.
    skip_non_mail: its folder list shows Calendar, Contacts and the like, to be left out.
    message_limit: bytes of the largest message it handles, None = not known.
    """

    name: str
    title: str
    connections_per_mailbox: int
    connections_per_host: int
    skip_non_mail: bool
    host: str = ""
    port: int | None = None
    message_limit: int | None = None

    def __post_init__(self) -> None:
        for key in ("connections_per_mailbox", "connections_per_host"):
            if getattr(self, key) < 1:
                raise ValueError(f"provider {self.name}: {key} must be at least 1")
        if self.port is not None and not 1 <= self.port <= 65535:
            raise ValueError(f"provider {self.name}: the port {self.port} does not exist")
        if bool(self.host) != (self.port is not None):
            raise ValueError(f"provider {self.name}: host and port come together")


_KINDS = {"str": str, "int": int, "bool": bool, "int | None": int}


@cache
def providers() -> Mapping[str, Provider]:
    """All providers by name, in the order they are offered. Raises ValueError for a wrong data file."""
    text = resources.files("trasloco.plan").joinpath("providers.toml").read_text("utf-8")
    return MappingProxyType({name: provider(name, facts) for name, facts in tomllib.loads(text).items()})


def provider(name: str, facts: Mapping[str, Any]) -> Provider:
    """One provider from its table of facts. Raises ValueError that names the provider and the key."""
    known = {item.name: item for item in fields(Provider) if item.name != "name"}
    for key, value in facts.items():
        if key not in known:
            raise ValueError(f"provider {name}: the key {key} is not known")
        if type(value) is not _KINDS[str(known[key].type)]:
            raise ValueError(f"provider {name}: {key} must be of type {known[key].type}")
    try:
        return Provider(name, **facts)
    except TypeError as error:
        raise ValueError(f"provider {name}: {error}") from error
