"""How the cost of a copy grows: along one axis at a time, from one message to a million.

    make bench BENCH="--curves"                          # the short form, some two minutes
    make bench BENCH="--curves messages folders"         # some of them
    make bench BENCH="--curves --scale 1"                # the whole axes; a million messages take 10 GB in TMPDIR

``growth`` measures a curve, ``sums`` compares, ``curve_results`` keeps the figures, ``lines`` and ``curve_page`` show them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

AT_ONCE = 10
"""Accounts at once: what a worker takes by default when all come from one host (``jobs.dispatch.Caps``)."""

_LETTER = 1024
_HEAVIEST = 49 << 10
_TOGETHER = 100 << 20
"""Bytes of a mailbox of heavy messages, about; never fewer than 4 of them nor more than 2,000."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is copied at one point: folders of each account, messages of each folder, bytes of each message (as IMAP counts)."""

    accounts: int = 1
    folders: int = 1
    each: int = 1
    size: int = _LETTER
    milliseconds: int = 0

    @property
    def messages(self) -> int:
        return self.accounts * self.folders * self.each

    @property
    def bytes(self) -> int:
        return self.messages * self.size


@dataclass(frozen=True, slots=True)
class Unit:
    """What the cost is divided by. name: of one, in words."""

    name: str
    count: Callable[[Load], float]


@dataclass(frozen=True, slots=True)
class Curve:
    """values: where it is measured; quick: the last of them in the short form; even: on an even scale, else by powers.

    units: the first is drawn. shown: a value in words. words: what is copied, for the page.
    """

    name: str
    title: str
    words: str
    values: tuple[int, ...]
    quick: int
    load: Callable[[int], Load]
    units: tuple[Unit, ...]
    shown: Callable[[int], str] = "{:,}".format
    even: bool = False
    shortens: bool = True

    def points(self, scale: float | None) -> tuple[int, ...]:
        """The values up to that share of the longest; None: the short form. There is always one."""
        longest = self.quick if scale is None else self.values[-1] * (scale if self.shortens else 1)
        return tuple(value for value in self.values if value <= longest) or self.values[:1]


def _heavy(kibibytes: int) -> Load:
    size = kibibytes << 10
    return Load(each=max(4, min(2000, _TOGETHER // size)), size=size)


def _mebibytes(load: Load) -> float:
    return load.bytes / 2**20


def _shown_size(kibibytes: int) -> str:
    return f"{kibibytes} KiB" if kibibytes < 1024 else f"{kibibytes >> 10} MiB"


_MESSAGE = Unit("message", lambda load: load.messages)

CURVES = (
    Curve(
        "messages",
        "messages in one account",
        "One account, one folder, messages of 1 KiB.",
        (1_000, 2_000, 5_000, 20_000, 50_000, 200_000, 1_000_000),
        20_000,
        lambda value: Load(each=value),
        (_MESSAGE,),
    ),
    Curve(
        "accounts",
        "accounts in one migration",
        f"Accounts of 20 messages of 1 KiB, {AT_ONCE} at once: as many as a worker takes from one host by default.",
        (1, 3, 10, 50, 100, 200, 500),
        50,
        lambda value: Load(accounts=value, each=20),
        (Unit("account", lambda load: load.accounts),),
    ),
    Curve(
        "folders",
        "folders in one account",
        "One account, one message of 1 KiB in each folder.",
        (1, 10, 100, 300, 1_000, 2_000, 5_000),
        300,
        lambda value: Load(folders=value),
        (Unit("folder", lambda load: load.folders),),
    ),
    Curve(
        "size",
        "size of a message",
        "One account, one folder, some 100 MiB of messages of one size; but 2,000 of the smallest sizes.",
        (1, 16, 128, 1024, 8 << 10, _HEAVIEST),
        _HEAVIEST,
        _heavy,
        (Unit("MiB", _mebibytes), _MESSAGE),
        _shown_size,
        shortens=False,
    ),
    Curve(
        "distance",
        "round trip to both servers",
        "One account, 600 messages of 1 KiB in 10 folders; a proxy before each server delays every byte by half of the round trip.",
        (0, 10, 25, 50, 100, 200, 300),
        300,
        lambda value: Load(folders=10, each=60, milliseconds=value),
        (Unit("copy", lambda _: 1),),
        "{} ms".format,
        even=True,
        shortens=False,
    ),
)
