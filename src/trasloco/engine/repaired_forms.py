"""Every form in which the repair ladder could have sent a message: for whoever compares it afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from trasloco.engine.digest import Digester, Digests
from trasloco.engine.repair import Rung, repair

_CHANGING = (Rung.LINE_ENDS, Rung.HEADERS, Rung.LONG_LINES)


def repaired_forms(original: bytes) -> Iterator[Digests]:
    """Digests of the forms that differ from the original, one for each combination of rungs."""
    for count in range(1, len(_CHANGING) + 1):
        for taken in combinations(_CHANGING, count):
            message = original
            for rung in taken:
                message = repair(message, rung)
            if message != original:
                digester = Digester()
                digester.update(message)
                yield digester.result()
