"""One thing that no server should do, where in a session it does it, and on which side it makes sense."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trasloco.testing.hostile.session import Session

Act = Callable[["Session"], Awaitable[bool]]

SOURCE, DESTINATION = ("source",), ("destination",)
BOTH = ("source", "destination")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """name: for people too. at: the moments of a session (see ``Session``). act: plays it; whether the honest answer is left out.

    capabilities: that the server claims besides its own. tls: the client is to speak TLS from the first byte. heavy: it sends as much
    as it can, and is to be tried alone.
    """

    name: str
    at: tuple[str, ...]
    sides: tuple[str, ...]
    act: Act
    capabilities: str = ""
    tls: bool = False
    heavy: bool = False

    @property
    def words(self) -> str:
        """What it does, in a sentence."""
        return " ".join((self.act.__doc__ or "").split())


BEHAVIOURS: dict[str, Behaviour] = {}


def behaves(
    *at: str, sides: tuple[str, ...] = BOTH, capabilities: str = "", tls: bool = False, heavy: bool = False
) -> Callable[[Act], Act]:
    """The function is a behaviour by its own name; its docstring says what it does."""

    def keep(act: Act) -> Act:
        name = act.__name__.replace("_", "-")
        assert name not in BEHAVIOURS, f"two behaviours are called {name}"
        BEHAVIOURS[name] = Behaviour(name, at, sides, act, capabilities, tls, heavy)
        return act

    return keep
