"""Positions of an inventory -> batches bounded by count and bytes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from trasloco.engine.inventory import Inventory


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that travel together: one FETCH on the source, one APPEND (or a few) on the other side.

    positions: indices into the inventory, ascending. uids: theirs, in the same order.
    size: sum of the sizes the source announced, bytes.
    alone: sent by itself with nothing else in flight, because it is suspected to break a connection.
    """

    positions: tuple[int, ...]
    uids: tuple[int, ...]
    size: int
    alone: bool = False

    def ascending(self) -> Batch:
        """The same messages in the order of their positions."""
        order = sorted(range(len(self.positions)), key=self.positions.__getitem__)
        return replace(self, positions=tuple(self.positions[i] for i in order), uids=tuple(self.uids[i] for i in order))

    def within(self, sizes: Sequence[int], most: int) -> Batch | None:
        """The first messages of it that are not more than ``most`` bytes together, None when the first is. sizes: of its messages."""
        count = total = 0
        while count < len(sizes) and total + sizes[count] <= most:
            total += sizes[count]
            count += 1
        return Batch(self.positions[:count], self.uids[:count], total, self.alone) if count else None

    def halves(self) -> tuple[Batch, Batch]:
        """Two batches with half of the messages each; only for two and more."""
        middle = len(self.positions) // 2
        # Sizes are not known per half here and bound nothing any more: a half is smaller than the whole.
        return (
            Batch(self.positions[:middle], self.uids[:middle], self.size // 2, self.alone),
            Batch(self.positions[middle:], self.uids[middle:], self.size - self.size // 2, self.alone),
        )


def cut(
    inventory: Inventory,
    positions: Iterable[int],
    *,
    messages: int,
    size: int,
    alone: frozenset[int] = frozenset(),
) -> Iterator[Batch]:
    """Cut positions, in their order, into batches of at most ``messages`` and ``size`` bytes.

    A message larger than ``size`` is a batch of its own, and so is each UID in ``alone``.
    """
    held: list[int] = []
    held_size = 0
    for position in positions:
        uid, length = inventory.uids[position], inventory.sizes[position]
        solitary = uid in alone
        if held and (solitary or len(held) >= messages or held_size + length > size):
            yield _batch(inventory, held, held_size)
            held, held_size = [], 0
        if solitary:
            yield Batch((position,), (uid,), length, alone=True)
            continue
        held.append(position)
        held_size += length
    if held:
        yield _batch(inventory, held, held_size)


def _batch(inventory: Inventory, positions: list[int], size: int) -> Batch:
    return Batch(tuple(positions), tuple(inventory.uids[position] for position in positions), size)
