"""What the page of a migration says of MX records: looks of real name servers on loopback, the clock of the looks in our hand."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.fix_name_servers import NameServers
from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing
from trasloco.testing.planned_migration import Order, planned
from trasloco.testing.run_states import begin, set_states
from trasloco.testing.zone import Zone

Make = Callable[..., Any]
HOUR = timedelta(hours=1)
OLD, NEW = {("old.example", "MX"): ["10 mx.old.example."]}, ["10 mx.new.example."]
ACCOUNTS = (("anna@old.example", "anna", "secret"),)


@pytest.fixture
def domain(name_servers: NameServers) -> list[Zone]:
    return name_servers(OLD, OLD)[1]


@pytest.fixture
def of_old(clean_database: Database, ring: KeyRing) -> Make:
    """Plans a migration of one account of old.example; takes the fields of ``Order``."""
    return lambda **wanted: planned(ring, Order(accounts=ACCOUNTS, **wanted))


def look(migration: Any, later: timedelta = timedelta(0)) -> None:
    from trasloco.jobs.mx_looks import look_at_due
    from trasloco.records.clock import now
    from trasloco.records.mx_watches import look_soon

    at = now() + later
    look_soon(migration, at)
    asyncio.run(look_at_due(at))


def change(*zones: Zone, to: list[str] = NEW) -> None:
    for zone in zones:
        zone.records[("old.example", "MX")] = to


def part(client: Client, migration: Any) -> str:
    text = client.get(f"/migrations/{migration.code}/mx/").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def page(client: Client, migration: Any) -> str:
    return " ".join(client.get(f"/migrations/{migration.code}/").content.decode().split())


def ended(migration: Any) -> None:
    set_states(begin(migration), ["completed"])
    migration.refresh_from_db()


def test_before_the_first_run_a_long_time_to_live_is_to_be_lowered_and_by_when(anna: Client, of_old: Make, domain: list[Zone]) -> None:
    from trasloco.records.clock import now

    soon = of_old(first_run_at=(now() + 10 * HOUR).isoformat())
    assert "Its name servers are asked within a minute." in part(anna, soon)
    look(soon)
    said = part(anna, soon)
    assert "It names mx.old.example at present; others may keep that for 1 h after they have asked." in said
    assert re.search(r"Lower its time to live \(TTL\) to 5 minutes before (\w+ \d+ \w+, )?\d\d:\d\d : then", said)
    assert "long time to live" in said
    for zone in domain:
        zone.ttl = 86_400
    look(soon)
    assert "Lower its time to live (TTL) to 5 minutes now: what others have asked before is forgotten 24 h later." in part(anna, soon)
    for zone in domain:
        zone.ttl = 300
    look(soon)
    assert "That is short enough: the change will be known within minutes." in part(anna, soon)


def test_after_it_the_change_is_asked_for_and_followed_to_its_end(anna: Client, of_old: Make, domain: list[Zone]) -> None:
    migration = of_old(second_when="mx", mx_hosts=("mx.new.example",))
    look(migration)
    ended(migration)
    assert "Change it from mx.old.example to mx.new.example." in part(anna, migration)
    assert "not changed yet" in part(anna, migration)
    assert "Change the MX records now." in page(anna, migration)
    change(domain[0])
    look(migration)
    said = part(anna, migration)
    assert "Changed, but not everywhere: the name server ns2.dns.example still names mx.old.example." in said
    assert "ns1.dns.example (127.0.0.2): mx.new.example" in said
    change(domain[1])
    look(migration)
    said = part(anna, migration)
    assert "It names mx.new.example everywhere since" in said
    assert re.search(r"Whoever asked before may deliver to the old server until (\w+ \d+ \w+, )?\d\d:\d\d", said)
    assert "The MX records have changed." in page(anna, migration)
    look(migration, later=HOUR)
    look(migration, later=2 * HOUR)
    assert "nobody can know the old record any more" in part(anna, migration)


def test_where_it_is_not_known_what_the_mx_should_be_the_present_one_is_named(anna: Client, of_old: Make, domain: list[Zone]) -> None:
    migration = of_old()
    look(migration)
    ended(migration)
    assert "Change it: it names mx.old.example now." in part(anna, migration)
    assert "Mail is copied to 127.0.0.1." in part(anna, migration)


def test_what_leads_elsewhere_or_nowhere_is_said(anna: Client, of_old: Make, domain: list[Zone]) -> None:
    migration = of_old(mx_hosts=("mx.new.example",))
    look(migration)
    ended(migration)
    change(*domain, to=["10 mx.filter.example."])
    look(migration)
    assert "It names mx.filter.example, which is neither the old server nor mx.new.example." in part(anna, migration)
    change(*domain, to=[])
    look(migration)
    assert "It has no MX record. Let it name mx.new.example." in part(anna, migration)


def test_name_servers_in_trouble_are_named_with_what_was_known_before(anna: Client, of_old: Make, domain: list[Zone]) -> None:
    migration = of_old()
    look(migration)
    ended(migration)
    domain[1].failing.add("old.example")
    look(migration)
    assert "ns2.dns.example (127.0.0.3): no answer – it says SERVFAIL" in part(anna, migration)
    domain[0].silent.add("old.example")
    look(migration)
    said = part(anna, migration)
    assert "Change it: it names mx.old.example now." in said
    assert "since then its name servers could not be asked: ns1.dns.example: it does not answer." in said


def test_a_hostile_name_is_text(anna: Client, of_old: Make, domain: list[Zone]) -> None:
    migration = of_old()
    change(*domain, to=[r"10 \060script\062.old.example."])
    look(migration)
    ended(migration)
    assert "<script>" not in anna.get(f"/migrations/{migration.code}/mx/").content.decode()


def test_the_second_run_that_waits_says_for_what(anna: Client, make_migration: Make) -> None:
    migration = make_migration(second_when="mx", second_minutes=120, quiet_hours=3)
    planned = page(anna, migration)
    assert "when the MX records have changed" in planned
    assert "And in any case 2 hours after the end of the first run." in planned
    set_states(begin(migration), ["completed"] * 3)
    from trasloco.records.clock import now
    from trasloco.records.cut_over import set_latest_hours

    set_latest_hours(now())
    between = page(anna, migration)
    assert (
        "The second run begins when they have changed at all their name servers and the old ones have run out, and in any case" in between
    )


def test_between_later_runs_and_at_the_end_it_says_since_when_nothing_has_arrived(anna: Client, of_old: Make) -> None:
    from trasloco.records.clock import now
    from trasloco.records.models import Transfer

    migration = of_old(second_when="mx", quiet_hours=3)
    ended(migration)
    ended(migration)
    looked = now()
    facts = {
        "inbox_looked": str(int(looked.timestamp())),
        "inbox_newest": str(int((looked - 2 * HOUR).timestamp())),
        "inbox_uidvalidity": "1",
        "inbox_uidnext": "7",
    }
    Transfer.objects.filter(run__number=2).update(facts=facts)
    from trasloco.records.cut_over import plan_again

    assert plan_again(migration.runs.get(number=2), looked) is not None
    said = page(anna, migration)
    assert "Run 2 has ended." in said
    assert "Run 3 begins" in said
    assert "Nothing has arrived in the old INBOXes since" in said
    assert "do not change the MX records" not in said


# The moment of the second run


def test_a_planned_second_run_can_be_let_wait_for_the_mx_and_given_an_hour_again(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    address = f"/migrations/{migration.code}/runs/2/date/"
    assert "when the MX records have changed and the old ones have run out" in anna.get(address).content.decode()
    answer = anna.post(address, {"second_when": "mx", "latest": "600", "quiet": "3", "at": "", "time_zone": "UTC"})
    assert answer.status_code == 302, answer.content.decode()
    migration.refresh_from_db()
    assert (migration.second_run_when, migration.second_run_minutes, migration.quiet_hours) == ("mx", 600, 3)
    assert migration.runs.get(number=2).due_at is None
    from trasloco.records.clock import now

    at = now() + 5 * HOUR
    form = {"second_when": "hour", "at": at.strftime("%Y-%m-%dT%H:%M"), "time_zone": "UTC", "latest": "600", "quiet": "3"}
    assert anna.post(address, form).status_code == 302
    migration.refresh_from_db()
    assert (migration.second_run_when, migration.quiet_hours) == ("hour", None)
    assert migration.runs.get(number=2).due_at == at.replace(second=0, microsecond=0)


def test_a_date_that_is_missing_is_said_and_nothing_changes(anna: Client, make_migration: Make) -> None:
    migration = make_migration()
    address = f"/migrations/{migration.code}/runs/2/date/"
    assert (
        "Write the date and time of the run." in anna.post(address, {"second_when": "hour", "at": "", "time_zone": "UTC"}).content.decode()
    )
    answer = anna.post(address, {"second_when": "mx", "latest": "9999999", "time_zone": "UTC"})
    assert answer.status_code == 200
    migration.refresh_from_db()
    assert migration.second_run_when == "hour"
