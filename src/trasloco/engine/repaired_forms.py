"""Every form in which the repair ladder could have sent a message: for whoever looks for it afterwards.

The ladder follows the destination's refusals, so the rungs come in any order, each once, and the order
can make a difference: a bare CR that became a line end makes a long line short.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import permutations

from trasloco.engine.digest import Digester, Digests
from trasloco.engine.repair import Rung, repair

_CHANGING = (Rung.LINE_ENDS, Rung.HEADERS, Rung.LONG_LINES)


def repaired_messages(original: bytes) -> Iterator[tuple[tuple[Rung, ...], bytes]]:
    """The forms that differ from the original and from one another, at most 15, each with the rungs that lead to it; the
    shorter ways up come first."""
    # Hashes, not bytes: one form at a time is held.
    seen = {hashlib.sha256(original).digest()}
    for count in range(1, len(_CHANGING) + 1):
        for taken in permutations(_CHANGING, count):
            message = original
            for rung in taken:
                message = repair(message, rung)
            digest = hashlib.sha256(message).digest()
            if digest not in seen:
                seen.add(digest)
                yield taken, message


def repaired_forms(original: bytes) -> Iterator[Digests]:
    """Digests of ``repaired_messages``."""
    return (_digests(message) for _, message in repaired_messages(original))


def _digests(message: bytes) -> Digests:
    digester = Digester()
    digester.update(message)
    return digester.result()
