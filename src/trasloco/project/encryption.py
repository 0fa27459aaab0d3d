"""How the options --tls and --starttls, for both sides or for one, become choices per side."""

from __future__ import annotations

from dataclasses import dataclass


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

    @property
    def source(self) -> Encryption:
        return Encryption(self.source_tls or self.tls, self.starttls or self.source_starttls)

    @property
    def destination(self) -> Encryption:
        return Encryption(self.destination_tls or self.tls, self.starttls or self.destination_starttls)
