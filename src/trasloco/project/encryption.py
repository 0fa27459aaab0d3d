"""How the options --tls and --starttls, for both sides or for one, become choices per side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Encryption:
    """What the operator chose for one side: ``tls`` is "verify", "pin" or "off"."""

    tls: str
    starttls: bool


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """The six options as given; one side's own option wins over the common one."""

    tls: str = "verify"
    source_tls: str | None = None
    destination_tls: str | None = None
    starttls: bool = False
    source_starttls: bool = False
    destination_starttls: bool = False

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> TlsOptions:
        """From click's parameters by name. Raises ``click.UsageError`` when they contradict each other."""
        options = cls(**{item.name: values[item.name] for item in fields(cls)})
        for name, side in (("source", options.source), ("destination", options.destination)):
            if side.tls == "off" and side.starttls:
                raise click.UsageError(f"For the {name}, STARTTLS asks for encryption and --tls off forbids it: leave one of them out.")
        return options

    @property
    def source(self) -> Encryption:
        return Encryption(self.source_tls or self.tls, self.starttls or self.source_starttls)

    @property
    def destination(self) -> Encryption:
        return Encryption(self.destination_tls or self.tls, self.starttls or self.destination_starttls)
