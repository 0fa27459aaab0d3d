"""Fingerprints by the hundred thousand: what is the same, and what it costs."""

from __future__ import annotations

import random
import tracemalloc

from trasloco.engine.fingerprints import Fingerprints, common, header_key


def of(*items: tuple[int, bytes, int, int | None]) -> Fingerprints:
    found = Fingerprints()
    for uid, name, size, date in items:
        found.add(uid, size, b"Message-ID: <%s>\r\n" % name if name else b"Subject: x\r\n", date)
    return found


def test_folding_and_order_of_fields_do_not_matter() -> None:
    one = header_key(b"Message-ID: <1@x>\r\nSubject: a\r\n b\r\n\r\n")
    other = header_key(b"subject:  a b\nMESSAGE-ID: <1@x>\n\n")
    assert one == other
    assert one[1]


def test_an_empty_message_id_names_nothing() -> None:
    assert not header_key(b"Message-ID: \r\nSubject: a\r\n\r\n")[1]


def test_groups_of_both_sides_meet_whatever_their_order() -> None:
    rng = random.Random(7)
    ours = [(uid, b"m%d" % (uid // 2), uid, 1) for uid in range(1, 60)]
    theirs = [(uid + 1000, b"m%d" % uid, uid, 1) for uid in range(10, 40)]
    rng.shuffle(ours)
    rng.shuffle(theirs)
    here, there = of(*ours), of(*theirs)
    met = {tuple(here.uids[place] for place in one): tuple(there.uids[place] for place in other) for one, other in common(here, there)}
    assert met == {tuple(uid for uid in range(1, 60) if uid // 2 == name): (name + 1000,) for name in range(10, 30)}


def test_a_message_told_twice_is_one() -> None:
    found = of((5, b"a", 1, 1), (3, b"a", 1, 1), (5, b"a", 1, 1))
    assert [[found.uids[place] for place in places] for _, places in found.groups()] == [[3, 5]]
    assert 5 in found
    assert 4 not in found


def test_alike_wants_the_same_size_and_a_date_that_can_be_read() -> None:
    one, other = of((1, b"a", 9, 7), (2, b"b", 9, None)), of((1, b"a", 9, 7), (2, b"b", 9, None), (3, b"c", 9, 8), (4, b"d", 8, 7))
    assert one.alike(0, other, 0)
    assert not one.alike(1, other, 1)
    assert not one.alike(0, other, 2)
    assert not one.alike(0, other, 3)
    assert one.named(0)
    assert not of((1, b"", 1, 1)).named(0)


def test_ten_thousand_on_each_side_are_paired_in_3_mib() -> None:
    tracemalloc.start()
    ours, theirs = (of(*((uid, b"m%d" % uid, uid, uid) for uid in range(10_000))) for _ in range(2))
    assert sum(len(one) == len(other) == 1 for one, other in common(ours, theirs)) == 10_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * 2**20
