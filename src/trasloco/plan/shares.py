"""Who begins next, and how much there may be at once. Pure: counts and rows that wait come in, ids go out.

The order is fair from above: of the customers the one with the fewest transfers under way for its share; of its runs the one
with the fewest; of that run's accounts the large ones get every fourth place, the others three of four; among equals the one
that was let in longest ago, and then the order of the CSV. Nobody is passed over for good: whoever waits has the fewest.

A cap is never exceeded, and nothing that would fit is left out: what does not fit makes room for the next in the order.
Large accounts leave a part of each cap to others even where nobody else waits yet: they stay for days.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

LARGE_BYTES = 10_000_000_000
"""From here on an account is a large one."""

LARGE_WEIGHT, OTHERS_WEIGHT = 1, 3
"""How places are divided where both wait; and of each cap the part of ``LARGE_WEIGHT`` is left to the others."""


FIGURES = tuple(f"{where}_{what}" for where in ("all", "source", "destination", "customer") for what in ("transfers", "connections"))
"""The figures of ``Caps`` by the names they have as settings and, in capitals, in the environment."""

MOST = 100_000
"""The greatest figure that may be set."""


@dataclass(frozen=True, slots=True)
class Cap:
    """At once; None = no limit."""

    transfers: int | None = None
    connections: int | None = None

    def narrowed(self, connections: float | None) -> Cap:
        """The lower of both figures; of half a connection, none, but never less than one."""
        if connections is None:
            return self
        most = max(1, int(connections))
        return Cap(self.transfers, most if self.connections is None else min(self.connections, most))


@dataclass(frozen=True, slots=True)
class Caps:
    """Over all workers and machines: of each source host, each destination host, each customer, and in all."""

    source: Cap = Cap()
    destination: Cap = Cap(transfers=50)
    customer: Cap = Cap()
    everything: Cap = Cap()

    @classmethod
    def of(cls, figures: Mapping[str, int | None]) -> Caps:
        """figures: by all names of ``FIGURES``."""
        source, destination, customer, everything = (
            Cap(figures[f"{where}_transfers"], figures[f"{where}_connections"]) for where in ("source", "destination", "customer", "all")
        )
        return cls(source, destination, customer, everything)


@dataclass(slots=True)
class Used:
    """What is under way somewhere; large: how much of it by large accounts."""

    transfers: int = 0
    connections: int = 0
    large_transfers: int = 0
    large_connections: int = 0

    def add(self, transfers: int, connections: int, *, large: bool) -> None:
        self.transfers += transfers
        self.connections += connections
        if large:
            self.large_transfers += transfers
            self.large_connections += connections

    def room(self, cap: Cap, *, large: bool) -> int | None:
        """How many connections more there may be; 0 also where there may be no transfer more. None = no limit."""
        if cap.transfers is not None and _free(cap.transfers, self.transfers, self.large_transfers, large) <= 0:
            return 0
        if cap.connections is None:
            return None
        return _free(cap.connections, self.connections, self.large_connections, large)


def for_large(most: int) -> int:
    """How many of so many places large accounts may have."""
    return most - max(1, most * LARGE_WEIGHT // (LARGE_WEIGHT + OTHERS_WEIGHT)) if most > 1 else most


def _free(most: int, used: int, used_by_large: int, large: bool) -> int:
    free = most - used
    return max(0, min(free, for_large(most) - used_by_large) if large else free)


@dataclass(slots=True)
class Occupancy:
    """All that is under way: by source host, destination host, customer (None: of the command line), run."""

    everything: Used = field(default_factory=Used)
    sources: defaultdict[str, Used] = field(default_factory=lambda: defaultdict(Used))
    destinations: defaultdict[str, Used] = field(default_factory=lambda: defaultdict(Used))
    customers: defaultdict[int | None, Used] = field(default_factory=lambda: defaultdict(Used))
    runs: defaultdict[int, Used] = field(default_factory=lambda: defaultdict(Used))

    def add(self, lane: Lane, transfers: int = 1, connections: int = 1) -> None:
        for used in (self.everything, *self._of(lane), self.runs[lane.run]):
            used.add(transfers, connections, large=lane.large)

    def room(self, lane: Lane, caps: Caps) -> int | None:
        """Connections that one more transfer of this lane may have; 0 = it may not begin. None = as many as it likes."""
        limits = (caps.everything, lane.at_source, lane.at_destination, lane.of_customer)
        used = (self.everything, *self._of(lane))
        rooms = [each.room(cap, large=lane.large) for each, cap in zip(used, limits, strict=True)]
        return min((room for room in rooms if room is not None), default=None)

    def _of(self, lane: Lane) -> tuple[Used, Used, Used]:
        return self.sources[lane.source], self.destinations[lane.destination], self.customers[lane.customer]


@dataclass(frozen=True, slots=True)
class Lane:
    """Transfers of one run from one source host that are large, or are not; all that matters of them is their order.

    at_source, at_destination, of_customer: what holds for them there. share: of the customer, 1 = as anybody. let_in: when the run was
    let in last, seconds since the epoch, 0 = never. waiting: ids of the first that may begin, in their order.
    """

    run: int
    customer: int | None
    source: str
    destination: str
    large: bool = False
    at_source: Cap = Cap()
    at_destination: Cap = Cap()
    of_customer: Cap = Cap()
    share: int = 1
    let_in: float = 0.0
    waiting: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """That there are in all, of which large accounts leave a part to others. runs: for these alone, None: for all."""

    most: int
    runs: frozenset[int] | None = None

    def full_of_large(self, occupancy: Occupancy) -> bool:
        counted = [occupancy.everything] if self.runs is None else [occupancy.runs[run] for run in self.runs]
        return sum(used.large_transfers for used in counted) >= for_large(self.most)


def choose(lanes: Sequence[Lane], occupancy: Occupancy, caps: Caps, room: int, places: Places) -> list[int]:
    """Ids of those that may begin, in the order in which they should; at most ``room``. They are added to the occupancy."""
    queue = _Queue(lanes)
    chosen: list[int] = []
    while len(chosen) < room and (lane := queue.next(occupancy)) is not None:
        if occupancy.room(lane, caps) == 0 or (lane.large and places.full_of_large(occupancy)):
            queue.drop()  # there will not be more room before something ends
            continue
        chosen.append(queue.take())
        occupancy.add(lane)
    return chosen


def in_turn(lanes: Sequence[Lane], occupancy: Occupancy) -> list[Lane]:
    """Those first that ``choose`` would look at first: of each customer some, of each of his runs some, of large and others the
    one that waits in front. Each has its first id in ``waiting``."""
    by_size = _numbered(sorted(lanes, key=lambda lane: lane.waiting[0]), lambda lane: (lane.run, lane.large))
    by_run = _numbered(sorted(lanes, key=lambda lane: (by_size[lane], lane.large, lane.waiting[0])), lambda lane: lane.run)

    def run_turn(lane: Lane) -> tuple[int, int, float, int]:
        return by_run[lane], occupancy.runs[lane.run].transfers, lane.let_in, lane.run

    by_customer = _numbered(sorted(lanes, key=run_turn), lambda lane: lane.customer)
    return sorted(lanes, key=lambda lane: (by_customer[lane], occupancy.customers[lane.customer].transfers / max(1, lane.share)))


def _numbered(lanes: Sequence[Lane], group: Callable[[Lane], object]) -> dict[Lane, int]:
    """The place of each among those of its group."""
    counts: defaultdict[object, int] = defaultdict(int)
    places = {}
    for lane in lanes:
        places[lane] = counts[group(lane)]
        counts[group(lane)] += 1
    return places


class _Queue:
    """Lanes as customer -> run -> large or not -> a heap by the first id that waits."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self._tree: dict[int | None, dict[int, dict[bool, list[tuple[int, int, Lane]]]]] = {}
        self._let_in: dict[int | None, float] = defaultdict(float)
        for lane in lanes:
            if lane.waiting:
                runs = self._tree.setdefault(lane.customer, {})
                heapq.heappush(runs.setdefault(lane.run, {}).setdefault(lane.large, []), (lane.waiting[0], 0, lane))
                self._let_in[lane.customer] = max(self._let_in[lane.customer], lane.let_in)
        self._at: tuple[int | None, int, bool] = (None, 0, False)

    def next(self, occupancy: Occupancy) -> Lane | None:
        """The lane whose turn it is; None when none is left."""
        if not self._tree:
            return None
        customer = min(self._tree, key=lambda each: self._turn_of_customer(each, occupancy))
        runs = self._tree[customer]
        run = min(runs, key=lambda each: (occupancy.runs[each].transfers, _first(runs[each]).let_in, each))
        sizes = runs[run]
        large = min(sizes, key=lambda each: self._turn_of_size(each, occupancy.runs[run]))
        self._at = customer, run, large
        return sizes[large][0][2]

    def take(self) -> int:
        """The first id of the lane whose turn it is."""
        customer, run, large = self._at
        heap = self._tree[customer][run][large]
        first, position, lane = heap[0]
        if position + 1 < len(lane.waiting):
            heapq.heapreplace(heap, (lane.waiting[position + 1], position + 1, lane))
        else:
            self.drop()
        return first

    def drop(self) -> None:
        """Nothing more of the lane whose turn it is."""
        customer, run, large = self._at
        runs = self._tree[customer]
        heapq.heappop(runs[run][large])
        if not runs[run][large]:
            del runs[run][large]
        if not runs[run]:
            del runs[run]
        if not runs:
            del self._tree[customer]

    def _turn_of_customer(self, customer: int | None, occupancy: Occupancy) -> tuple[float, float, int]:
        share = max(1, _first(next(iter(self._tree[customer].values()))).share)
        return (occupancy.customers[customer].transfers + 1) / share, self._let_in[customer], customer or 0

    @staticmethod
    def _turn_of_size(large: bool, used: Used) -> tuple[float, bool]:
        if large:
            return (used.large_transfers + 1) / LARGE_WEIGHT, large
        return (used.transfers - used.large_transfers + 1) / OTHERS_WEIGHT, large


def _first(sizes: dict[bool, list[tuple[int, int, Lane]]]) -> Lane:
    """Any lane of a run: what they say of run and customer is the same."""
    return next(iter(sizes.values()))[0][2]
