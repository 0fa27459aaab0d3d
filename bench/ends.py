"""Where a mover copies from and to: values, also as JSON for programs of their own."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class End:
    """One mailbox on one server. ca_file: what to trust when ``tls``."""

    host: str
    port: int
    user: str
    password: str
    tls: bool = False
    ca_file: str = ""

    @classmethod
    def of_json(cls, values: dict[str, Any]) -> Self:
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Ends:
    """One account: its mailbox on the source and the one to fill."""

    source: End
    destination: End

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, values: dict[str, Any]) -> Self:
        return cls(End.of_json(values["source"]), End.of_json(values["destination"]))
