"""The way of a domain's mail, look by look, with the clock in our hand: it may be said to have changed too late, never too early."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from trasloco.plan.mx_answer import Answer, Heard, Kind, Look, Silence
from trasloco.plan.mx_watch import MOST_SERVERS, Watch, Way

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OLD = Answer(Kind.MX, ("mx.old.example",), 3600)
NEW = Answer(Kind.MX, ("mx.new.example",), 300)
NONE = Answer(Kind.NONE, (), 600)
SILENT, LAME = Silence.SILENT, Silence.LAME


def look(*answers: Answer | Silence, names: tuple[str, ...] = ("ns1", "ns2", "ns3"), named: tuple[str, ...] | None = None) -> Look:
    """Of one server each, at 192.0.2.1, 2, 3; named: those that the zone names, None for all."""
    heard = [
        Heard(name, f"192.0.2.{number}", answer if isinstance(answer, Answer) else None, None if isinstance(answer, Answer) else answer, "")
        for number, (name, answer) in enumerate(zip(names, answers, strict=False), 1)
    ]
    shown = names if named is None else named
    return Look(tuple(heard), frozenset(f"{item.server} {item.address}" for item in heard if item.server in shown), 86_400)


def watched(*looks: tuple[timedelta, Look], wanted: tuple[str, ...] = ()) -> Watch:
    watch = Watch(wanted=wanted)
    for at, seen in looks:
        watch = Watch.of_json(watch.after(seen, NOW + at).as_json())  # as the database keeps it
    return watch


def test_it_is_over_when_all_have_changed_and_the_old_answer_has_run_out_and_not_before() -> None:
    looks = [(0 * MINUTE, look(OLD, OLD)), (5 * MINUTE, look(NEW, NEW))]
    watch = watched(*looks)
    assert watch.changed_at == NOW + 5 * MINUTE
    assert watch.old_until == NOW + 65 * MINUTE  # given until just now, perhaps
    assert not watch.over
    assert not watched(*looks, (64 * MINUTE, look(NEW, NEW))).over
    assert watched(*looks, (65 * MINUTE, look(NEW, NEW))).over


def test_time_alone_does_not_make_it_over_it_is_looked_once_more() -> None:
    watch = watched((0 * MINUTE, look(OLD)), (5 * MINUTE, look(NEW)), (90 * MINUTE, look(SILENT)), (91 * MINUTE, Look(words="no network")))
    assert watch.changed_at is not None
    assert not watch.over
    assert watch.failures == 2
    assert watch.words == "no network"


def test_one_server_that_still_says_the_old_one_is_enough_to_wait() -> None:
    watch = watched((0 * MINUTE, look(OLD, OLD)), (5 * MINUTE, look(NEW, OLD)), (10 * HOUR, look(NEW, OLD)))
    assert watch.changed_at is None
    assert [server.way for server in watch.servers] == [Way.NEW, Way.OLD]
    assert watch.old_until == NOW + 11 * HOUR


def test_a_server_that_said_the_old_one_and_is_silent_since_is_not_taken_for_changed() -> None:
    watch = watched((0 * MINUTE, look(OLD, OLD)), (5 * MINUTE, look(NEW, SILENT)), (20 * HOUR, look(NEW, SILENT)))
    assert watch.changed_at is None
    assert watch.servers[1].way is Way.OLD


def test_a_server_that_never_answered_holds_it_up_for_an_hour_only() -> None:
    looks = [(0 * MINUTE, look(OLD, SILENT)), (5 * MINUTE, look(NEW, SILENT))]
    assert watched(*looks).changed_at is None
    assert watched(*looks, (61 * MINUTE, look(NEW, SILENT))).changed_at == NOW + 61 * MINUTE


def test_one_address_of_a_server_that_cannot_be_reached_does_not_count_when_the_other_can() -> None:
    names = ("ns1", "ns1")
    assert watched((0 * MINUTE, look(OLD, SILENT, names=names)), (5 * MINUTE, look(NEW, SILENT, names=names))).changed_at is not None


def test_a_lame_server_does_not_count_but_what_it_said_before_runs_out_first() -> None:
    watch = watched((0 * MINUTE, look(OLD, OLD)), (5 * MINUTE, look(NEW, LAME)))
    assert watch.changed_at == NOW + 5 * MINUTE
    assert watch.old_until == NOW + 65 * MINUTE
    assert not watched((0 * MINUTE, look(OLD, LAME))).changed_at


def test_lame_servers_alone_change_nothing() -> None:
    assert watched((0 * MINUTE, look(OLD)), (5 * MINUTE, look(LAME))).changed_at is None


def test_a_ttl_that_was_lowered_counts_from_when_it_was_lowered_and_not_from_the_change() -> None:
    day, low = Answer(Kind.MX, OLD.hosts, 86_400), Answer(Kind.MX, OLD.hosts, 300)
    lowered = [(0 * HOUR, look(day)), (1 * HOUR, look(low))]
    assert watched(*lowered).old_until == NOW + 25 * HOUR  # the long one may have been given until then
    assert watched(*lowered, (2 * HOUR, look(NEW))).old_until == NOW + 25 * HOUR
    assert watched(*lowered, (40 * HOUR, look(low)), (41 * HOUR, look(NEW))).old_until == NOW + 41 * HOUR + 5 * MINUTE


def test_a_change_that_is_taken_back_is_none() -> None:
    watch = watched((0 * MINUTE, look(OLD)), (5 * MINUTE, look(NEW)), (10 * MINUTE, look(OLD)), (70 * MINUTE, look(OLD)))
    assert (watch.changed_at, watch.over) == (None, False)
    assert watch.old_until == NOW + 130 * MINUTE


def test_the_old_host_behind_the_new_one_is_still_the_old_way() -> None:
    both = Answer(Kind.MX, ("mx.new.example", "mx.old.example"), 300)
    assert watched((0 * MINUTE, look(OLD)), (5 * MINUTE, look(both))).changed_at is None


def test_another_order_of_the_old_hosts_is_no_change() -> None:
    one, other = (Answer(Kind.MX, hosts, 60) for hosts in (("a.example", "b.example"), ("b.example", "a.example")))
    assert watched((0 * MINUTE, look(one)), (5 * MINUTE, look(other))).changed_at is None


def test_where_it_is_known_what_the_mx_should_be_only_that_is_the_change() -> None:
    wanted = ("mx.new.example", "mx2.new.example")
    elsewhere = Answer(Kind.MX, ("mx.filter.example",), 300)
    watch = watched((0 * MINUTE, look(OLD)), (5 * MINUTE, look(elsewhere)), wanted=wanted)
    assert watch.changed_at is None
    assert watch.servers[0].way is Way.ELSEWHERE
    assert watched((0 * MINUTE, look(OLD)), (5 * MINUTE, look(NEW)), wanted=wanted).changed_at is not None
    both = Answer(Kind.MX, (*NEW.hosts, *elsewhere.hosts), 300)
    assert watched((0 * MINUTE, look(OLD)), (5 * MINUTE, look(both)), wanted=wanted).changed_at is None


def test_what_had_changed_before_the_first_look_is_given_a_day() -> None:
    watch = watched((0 * MINUTE, look(NEW, NEW)), wanted=NEW.hosts)
    assert watch.changed_at == NOW
    assert watch.old_until == NOW + 24 * HOUR
    assert not watch.over


@pytest.mark.parametrize("answer", [NONE, Answer(Kind.NULL, (), 600), Answer(Kind.IMPLICIT, ("192.0.2.80",), 600)])
def test_no_mx_record_any_more_is_not_a_change_to_anywhere(answer: Answer) -> None:
    watch = watched((0 * MINUTE, look(OLD)), (5 * MINUTE, look(answer)))
    assert watch.changed_at is None
    assert watch.servers[0].way is Way.NOWHERE


@pytest.mark.parametrize("before", [NONE, Answer(Kind.NULL, (), 600), Answer(Kind.IMPLICIT, ("192.0.2.80",), 600)])
def test_a_domain_without_mx_has_changed_when_it_has_one(before: Answer) -> None:
    assert watched((0 * MINUTE, look(before)), (5 * MINUTE, look(before))).changed_at is None
    watch = watched((0 * MINUTE, look(before)), (5 * MINUTE, look(NEW)))
    assert watch.changed_at is not None
    assert watch.old_until == NOW + 15 * MINUTE


def test_another_address_of_a_domain_without_mx_is_no_change() -> None:
    one, other = (Answer(Kind.IMPLICIT, (address,), 60) for address in ("192.0.2.80", "192.0.2.81"))
    assert watched((0 * MINUTE, look(one)), (5 * MINUTE, look(other))).changed_at is None


def test_a_server_that_the_zone_names_no_more_counts_as_long_as_caches_may_ask_it() -> None:
    looks = [(0 * HOUR, look(OLD, OLD)), (1 * HOUR, look(NEW, OLD, named=("ns1",)))]
    watch = watched(*looks)
    assert watch.changed_at is None
    assert watch.ask_again(NOW + 2 * HOUR) == (("ns2", "192.0.2.2"), ("ns1", "192.0.2.1"))
    assert watch.ask_again(NOW + 25 * HOUR - MINUTE) == (("ns1", "192.0.2.1"),)
    later = watched(*looks, (25 * HOUR, look(NEW, OLD, named=("ns1",))))
    assert later.changed_at == NOW + 25 * HOUR
    assert later.old_until == NOW + 26 * HOUR


def test_a_zone_that_names_other_servers_at_every_look_does_not_make_it_grow_without_end() -> None:
    looks = [(0 * MINUTE, look(OLD))]
    looks += [(n * MINUTE, look(*[NEW] * 3, names=tuple(f"n{n}-{each}" for each in range(3)))) for n in range(1, 60)]
    watch = watched(*looks)
    assert len(watch.servers) <= 3 + MOST_SERVERS
    assert ("ns1", "192.0.2.1") in watch.ask_again(NOW + HOUR)  # what said the old one is not forgotten first
    assert watch.changed_at is None


def test_without_any_answer_nothing_is_known() -> None:
    watch = watched((0 * MINUTE, look(SILENT, SILENT)), (5 * MINUTE, Look(words="nobody")))
    assert (watch.old, watch.changed_at, watch.looked_at, watch.failures) == (None, None, None, 2)
    begun = watched((0 * MINUTE, look(SILENT, SILENT)), (5 * MINUTE, look(OLD, SILENT)))
    assert begun.old == ("mx.old.example",)
    assert begun.failures == 0
