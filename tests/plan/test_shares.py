from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from trasloco.plan.shares import FIGURES, Cap, Caps, Lane, Occupancy, Places, Used, choose, for_large, in_turn

NONE = Caps(destination=Cap())
PLENTY = Places(10_000)


def lane(run: int, *waiting: int, **fields: object) -> Lane:
    return replace(Lane(run, None, "old.example", "new.example", waiting=waiting), **fields)  # type: ignore[arg-type]


def test_the_customer_with_the_fewest_under_way_goes_first() -> None:
    occupancy = Occupancy()
    occupancy.add(lane(1, customer=1), 5, 5)
    lanes = [lane(1, *range(1, 10), customer=1), lane(2, *range(11, 20), customer=2)]
    assert choose(lanes, occupancy, NONE, 7, PLENTY) == [11, 12, 13, 14, 15, 1, 16]


def test_a_customer_with_a_double_share_has_twice_as_many() -> None:
    lanes = [lane(1, *range(1, 100), customer=1), lane(2, *range(101, 200), customer=2, share=2)]
    chosen = choose(lanes, Occupancy(), NONE, 30, PLENTY)
    assert Counter(each > 100 for each in chosen) == {True: 20, False: 10}


def test_of_one_customers_runs_the_one_with_the_fewest_goes_first() -> None:
    lanes = [lane(1, *range(1, 10), customer=1), lane(2, *range(11, 20), customer=1)]
    assert choose(lanes, Occupancy(), NONE, 5, PLENTY) == [1, 11, 2, 12, 3]


@pytest.mark.parametrize("late", [1, 2])
def test_with_one_place_those_that_are_alike_take_turns(late: int) -> None:
    """Nobody is first for good because of his number."""
    lanes = [lane(1, 1, customer=1, let_in=float(late == 1)), lane(2, 2, customer=2, let_in=float(late == 2))]
    assert choose(lanes, Occupancy(), NONE, 1, PLENTY) == [3 - late]


def test_large_accounts_get_every_fourth_place_where_others_wait() -> None:
    lanes = [lane(1, *range(1, 50)), lane(1, *range(101, 150), large=True)]
    chosen = choose(lanes, Occupancy(), NONE, 12, PLENTY)
    assert Counter(each > 100 for each in chosen) == {False: 9, True: 3}


def test_large_accounts_alone_leave_a_quarter_of_the_places_to_who_may_come() -> None:
    assert choose([lane(1, *range(1, 50), large=True)], Occupancy(), NONE, 20, Places(20)) == list(range(1, 16))


def test_places_of_a_command_are_its_own() -> None:
    """What is large elsewhere takes none of them."""
    occupancy = Occupancy()
    occupancy.add(lane(9, large=True), 15, 15)
    assert choose([lane(1, *range(1, 50), large=True)], occupancy, NONE, 20, Places(20)) == []
    assert choose([lane(1, *range(1, 50), large=True)], occupancy, NONE, 20, Places(20, frozenset({1}))) == list(range(1, 16))


def test_large_accounts_leave_a_part_of_each_cap() -> None:
    large = lane(1, *range(1, 50), large=True, at_source=Cap(connections=8))
    occupancy = Occupancy()
    assert choose([large], occupancy, NONE, 20, PLENTY) == [1, 2, 3, 4, 5, 6]
    small = lane(2, *range(101, 150), at_source=Cap(connections=8))
    assert choose([large, small], occupancy, NONE, 20, PLENTY) == [101, 102]


@pytest.mark.parametrize(("most", "large"), [(1, 1), (2, 1), (3, 2), (4, 3), (10, 8), (20, 15), (100, 75)])
def test_how_many_of_so_many_large_ones_may_have(most: int, large: int) -> None:
    assert for_large(most) == large


def test_what_does_not_fit_makes_room_for_what_does() -> None:
    """A full destination does not keep a source's places empty for what goes elsewhere."""
    occupancy = Occupancy()
    occupancy.add(lane(9, destination="full.example", source="other.example"), 7, 7)
    lanes = [
        lane(1, *range(1, 20), destination="full.example", at_source=Cap(connections=5), at_destination=Cap(transfers=8)),
        lane(2, *range(21, 40), destination="free.example", at_source=Cap(connections=5)),
    ]
    assert choose(lanes, occupancy, NONE, 20, PLENTY) == [1, 21, 22, 23, 24]


def test_connections_count_and_not_transfers_alone() -> None:
    occupancy = Occupancy()
    occupancy.add(lane(9), transfers=2, connections=6)
    assert choose([lane(1, 1, 2, 3, 4, 5, at_source=Cap(connections=8))], occupancy, NONE, 9, PLENTY) == [1, 2]


def test_room_is_the_least_that_any_cap_leaves() -> None:
    occupancy = Occupancy()
    here = lane(1, at_source=Cap(connections=9), at_destination=Cap(connections=7), of_customer=Cap(transfers=3))
    assert occupancy.room(here, NONE) == 7
    assert occupancy.room(here, replace(NONE, everything=Cap(connections=4))) == 4
    occupancy.add(here, 3, 3)
    assert occupancy.room(here, NONE) == 0
    assert Occupancy().room(lane(1), NONE) is None


def test_a_server_that_bears_less_narrows_a_cap_but_never_to_nothing() -> None:
    assert Cap(5, 10).narrowed(3.7) == Cap(5, 3)
    assert Cap(5, 2).narrowed(3.7) == Cap(5, 2)
    assert Cap(5, None).narrowed(0.5) == Cap(5, 1)
    assert Cap(5, 10).narrowed(None) == Cap(5, 10)


def test_figures_become_caps_by_their_names() -> None:
    caps = Caps.of({name: number for number, name in enumerate(FIGURES, 1)})
    assert caps == Caps(everything=Cap(1, 2), source=Cap(3, 4), destination=Cap(5, 6), customer=Cap(7, 8))


def test_whatever_waits_no_cap_is_exceeded_and_nothing_that_fits_is_left() -> None:
    chance = random.Random(8)
    for _ in range(300):
        caps = Caps(
            Cap(chance.choice([None, 3]), chance.choice([None, 5])),
            Cap(chance.choice([None, 6]), None),
            Cap(chance.choice([None, 4]), chance.choice([None, 7])),
            Cap(None, chance.choice([None, 12])),
        )
        lanes = _anything(chance, caps)
        occupancy = Occupancy()
        for each in chance.sample(lanes, chance.randint(0, len(lanes))):
            room = occupancy.room(each, caps)
            if room != 0:
                occupancy.add(each, 1, min(3, room or 3))
        room = chance.randint(1, 30)
        chosen = choose(lanes, occupancy, caps, room, PLENTY)
        assert len(set(chosen)) == len(chosen) <= room
        _assert_within(occupancy, caps)
        left = [each for each in lanes if set(each.waiting) - set(chosen)]
        assert len(chosen) == room or all(occupancy.room(each, caps) == 0 for each in left)


def _anything(chance: random.Random, caps: Caps) -> list[Lane]:
    numbers = iter(range(1, 10_000))
    lanes = []
    for run in range(chance.randint(1, 6)):
        customer = chance.choice([None, 1, 2])
        for source in chance.sample(["a", "b", "c", "d"], chance.randint(1, 4)):
            for large in (False, True):
                waiting = tuple(next(numbers) for _ in range(chance.randint(0, 6)))
                found = Lane(run, customer, source, chance.choice(["x", "y"]), large, caps.source, caps.destination, caps.customer)
                lanes.append(replace(found, waiting=waiting))
    return lanes


def _assert_within(occupancy: Occupancy, caps: Caps) -> None:
    def within(used: Used, cap: Cap) -> bool:
        return used.transfers <= (cap.transfers or 10_000) and used.connections <= (cap.connections or 10_000)

    assert within(occupancy.everything, caps.everything)
    assert all(within(used, caps.source) for used in occupancy.sources.values())
    assert all(within(used, caps.destination) for used in occupancy.destinations.values())
    assert all(within(used, caps.customer) for used in occupancy.customers.values())


def test_of_many_lanes_some_of_each_customer_run_and_size_come_first() -> None:
    mine = [lane(run, 100 * run + host, customer=1, source=f"h{host}") for run in (1, 2, 3) for host in range(20)]
    large = lane(3, 900, customer=1, large=True)
    theirs = lane(9, 950, customer=2)
    assert {each.waiting[0] for each in in_turn([*mine, large, theirs], Occupancy())[:5]} >= {100, 200, 300, 950}
    assert large in in_turn([*mine, large, theirs], Occupancy())[:8]


def test_the_few_of_a_small_customer_wait_less_than_a_tenth_of_the_thousands_of_a_large_one() -> None:
    """Twenty places, accounts of 1 to 60 ticks and now and then a large one; the small customer comes when all places are taken."""
    chance = random.Random(3)
    waiting = {run: list(range(1000 * run, 1000 * run + 500)) for run in range(1, 11)}
    occupancy, ends, waits = Occupancy(), defaultdict[int, list[tuple[Lane, int]]](list), defaultdict[int, list[int]](list)
    tick, came = 0, dict.fromkeys(waiting, 0)
    while any(waiting.values()) or tick < 100:
        if tick == 100:
            waiting[99], came[99] = [99_001, 99_002, 99_003], tick
        for done, _ in ends.pop(tick, []):
            occupancy.add(done, -1, -1)
        lanes = [lane(run, *ids, customer=2 if run == 99 else 1) for run, ids in waiting.items() if ids]
        for chosen in choose(lanes, occupancy, NONE, 20 - occupancy.everything.transfers, Places(20)):
            run = next(run for run, ids in waiting.items() if chosen in ids)
            waiting[run].remove(chosen)
            waits[2 if run == 99 else 1].append(tick - came[run])
            length = 2000 if chosen % 250 == 0 else chance.randint(1, 60)
            ends[tick + length].append((lane(run, customer=2 if run == 99 else 1), chosen))
        tick += 1
    assert len(waits[1]) == 5000
    assert len(waits[2]) == 3
    assert max(waits[2]) < sum(waits[1]) / len(waits[1]) / 10
