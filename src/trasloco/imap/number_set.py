"""Sets of message numbers (RFC 9051 section 9, ``sequence-set``, ``uid-set``): ranges <-> numbers."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator
from itertools import islice
from operator import lt

from trasloco.imap.errors import LimitExceeded
from trasloco.sentence import sentence as _

_MOST_RANGES = 2_000_000

LARGEST = 2**63 - 1
"""number64 (RFC 9051 section 9): no server has a UID, a UIDVALIDITY or a count beyond."""


def uid_set(uids: Iterable[int], longest: int = 7000) -> list[bytes]:
    """Compact sets in rising order, each at most ``longest`` bytes, so that no command line is longer
    than servers take (RFC 7162 section 4 asks for 8192 octets). Duplicates count once."""
    sets: list[bytes] = []
    current: list[bytes] = []
    size = 0
    for first, last in ranges(uids):
        text = b"%d" % first if first == last else b"%d:%d" % (first, last)
        if current and size + len(text) + 1 > longest:
            sets.append(b",".join(current))
            current, size = [], 0
        current.append(text)
        size += len(text) + 1
    if current:
        sets.append(b",".join(current))
    return sets


def ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Runs of consecutive numbers as (first, last), in rising order, each number once."""
    return runs(rising(numbers))


def rising(numbers: Iterable[int]) -> array[int]:
    """Each number once and in order, in eight bytes; the array itself where it is so already."""
    kept = numbers if isinstance(numbers, array) else array("Q", numbers)
    # A million of them in order already are not to become a set and a list of a hundred megabytes.
    return kept if all(map(lt, kept, islice(kept, 1, None))) else array("Q", sorted(set(kept)))


def place_of(number: int, numbers: array[int]) -> int | None:
    """Where it stands among numbers that are ``rising``, None when it is not there."""
    place = bisect_left(numbers, number)
    return place if place < len(numbers) and numbers[place] == number else None


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Runs of consecutive numbers as (first, last), in the order given."""
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = number
    if first is not None and last is not None:
        yield first, last


def parse_set(text: bytes) -> tuple[tuple[int, int], ...]:
    """``1:5,7`` -> ((1, 5), (7, 7)) in the order written, each range from low to high (RFC 9051: 5:1
    is 1:5). Raises ValueError, also for ``*``, which no server sends back."""
    found: list[tuple[int, int]] = []
    if text.count(b",") > _MOST_RANGES:
        raise ValueError("a set of too many ranges")
    for part in text.split(b","):
        low, colon, high = part.partition(b":")
        if not low.isdigit() or (colon and not high.isdigit()) or len(low) > 20 or len(high) > 20:
            raise ValueError("not a set of numbers")
        first, last = int(low), int(high) if colon else int(low)
        if max(first, last) > LARGEST:
            raise ValueError("not a set of numbers")
        found.append((first, last) if first <= last else (last, first))
    return tuple(found)


def count(found: Iterable[tuple[int, int]]) -> int:
    """How many numbers the ranges stand for, without making them."""
    return sum(last - first + 1 for first, last in found)


def expand(found: Iterable[tuple[int, int]], limit: int) -> list[int]:
    """The numbers in the order of the ranges. Raises LimitExceeded before making more than ``limit``."""
    kept = tuple(found)
    if count(kept) > limit:
        raise LimitExceeded("entries", _("the server named a set of more than %(most)s messages", most=str(limit)))
    return [number for first, last in kept for number in range(first, last + 1)]


class NumberSet(Container[int]):
    """Ranges as a set to look into: small, however many numbers they stand for."""

    __slots__ = ("_firsts", "_lasts")

    def __init__(self, found: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(found)
        self._firsts = [first for first, _ in ordered]
        self._lasts = [last for _, last in ordered]

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        at = bisect_right(self._firsts, number) - 1
        return at >= 0 and number <= self._lasts[at]
