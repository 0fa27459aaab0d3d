"""What a name server says of where a domain's mail goes: the values, without any question to anybody.

An answer is MX records (RFC 5321 5.1), the null MX of a domain that takes no mail (RFC 7505), the addresses that stand in for
MX records where there are none, or nothing at all.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Self

LONGEST_TTL = 7 * 86_400
"""Seconds; no cache keeps a record for longer (BIND's own limit, RFC 8767 3 advises it)."""


class Kind(enum.StrEnum):
    MX = "mx"
    IMPLICIT = "implicit"
    NULL = "null"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Answer:
    """hosts: in lower case, in the order of their preference; of an implicit MX the addresses; () of the others.
    ttl: seconds for which a cache may keep it, of a negative answer too (RFC 2308 5)."""

    kind: Kind
    hosts: tuple[str, ...] = ()
    ttl: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind.value, "hosts": list(self.hosts), "ttl": self.ttl}

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> Self:
        return cls(Kind(found["kind"]), tuple(found["hosts"]), found["ttl"])


class Silence(enum.StrEnum):
    """Why there is no answer of a name server.

    SILENT: none came, or one that may be another in a moment (SERVFAIL). LAME: it says that it does not know the domain.
    UNASKED: it could not be asked: no address, or one that is not allowed.
    """

    SILENT = "silent"
    LAME = "lame"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True)
class Heard:
    """What one name server said at one address. silence, words: why there is no answer, in words for people."""

    server: str
    address: str
    answer: Answer | None
    silence: Silence | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What was heard of a domain's name servers at one time.

    named: the servers that its zone names now; others were asked because they were before. ttl: seconds for which a cache
    may go on asking servers that are not named any more. words: why nobody could be asked at all, "" else.
    """

    heard: tuple[Heard, ...] = ()
    named: frozenset[str] = frozenset()
    ttl: int = 0
    words: str = ""

    @property
    def answered(self) -> bool:
        """Has anybody said anything of use?"""
        return any(item.answer is not None for item in self.heard)
