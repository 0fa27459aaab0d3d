"""The second run and the MX records: real name servers on loopback, the real database, and the clock in our hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.fix_name_servers import NameServers
from trasloco.records.key_ring import KeyRing
from trasloco.sources import mx_look
from trasloco.testing.planned_migration import Order, planned
from trasloco.testing.zone import Zone

if TYPE_CHECKING:
    from trasloco.records.models import MailMigration

pytestmark = pytest.mark.usefixtures("clean_database")
NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OLD, NEW = ["10 mx.old.example."], ["10 mx.new.example."]
ACCOUNTS = (("anna@old.example", "anna", "secret"), ("bruno@old.example", "bruno", "secret"))

Domain = list[Zone]


@pytest.fixture
def domain(name_servers: NameServers) -> Domain:
    """The two name servers of old.example, with a time to live of an hour."""
    return name_servers({("old.example", "MX"): OLD}, {("old.example", "MX"): OLD})[1]


def change(*zones: Zone, to: list[str] = NEW) -> None:
    for zone in zones:
        zone.records[("old.example", "MX")] = to


def tick(at: datetime) -> None:
    """What a worker does every second, and the errand that comes of it."""
    from trasloco.jobs.chores import do_chores
    from trasloco.jobs.mx_looks import look_at_due
    from trasloco.records.mx_watches import any_due

    do_chores(at)
    if any_due(at):
        asyncio.run(look_at_due(at))
        do_chores(at)


def ticks(since: datetime, until: datetime, step: timedelta = MINUTE) -> None:
    at = since
    while at <= until:
        tick(at)
        at += step


def states(migration: MailMigration) -> list[str]:
    return list(migration.runs.order_by("number").values_list("status", flat=True))


def end(migration: MailMigration, number: int, at: datetime, status: str = "completed", **facts: str) -> None:
    """All its accounts came to this end."""
    from trasloco.records.actions import end_run

    run = migration.runs.get(number=number)
    run.transfers.update(status=status, facts=facts)
    end_run(run)
    migration.runs.filter(number=number).update(started_at=at - HOUR, ended_at=at)


def waiting(ring: KeyRing, **wanted: Any) -> MailMigration:
    """Its first run has ended at NOW, the second waits for the MX."""
    migration = planned(ring, Order(**{"accounts": ACCOUNTS, "second_minutes": 23 * 60, "second_when": "mx", **wanted}), now=NOW - HOUR)
    tick(NOW - HOUR)
    end(migration, 1, NOW)
    tick(NOW)
    assert states(migration)[0] == "completed"
    return migration


def watch(migration: MailMigration, name: str = "old.example") -> Any:
    from trasloco.records.mx_watches import watches_of

    return dict(watches_of(migration))[name]


def impatient(patch: pytest.MonkeyPatch) -> None:
    """While no server of the domain will answer, there is nothing to wait for."""
    patch.setattr(mx_look, "ASK_SECONDS", (0.1, 0.1))


def test_the_second_run_begins_when_all_have_changed_and_the_old_answer_has_run_out(ring: KeyRing, domain: Domain) -> None:
    migration = waiting(ring)
    ticks(NOW, NOW + 60 * MINUTE, 5 * MINUTE)
    assert states(migration) == ["completed", "planned"]
    change(domain[0])
    ticks(NOW + 65 * MINUTE, NOW + 120 * MINUTE, 5 * MINUTE)
    assert watch(migration).changed_at is None
    assert states(migration) == ["completed", "planned"]
    change(domain[1])
    ticks(NOW + 121 * MINUTE, NOW + 127 * MINUTE)
    changed_at = watch(migration).changed_at
    assert changed_at is not None
    assert changed_at - (NOW + 120 * MINUTE) <= 5 * MINUTE
    ticks(NOW + 130 * MINUTE, changed_at + 55 * MINUTE, 5 * MINUTE)
    assert states(migration) == ["completed", "planned"]
    ticks(changed_at + 56 * MINUTE, changed_at + 59 * MINUTE)
    assert states(migration) == ["completed", "planned"]
    tick(changed_at + 60 * MINUTE)
    assert states(migration) == ["completed", "waiting"]


def test_the_history_says_why_it_began(ring: KeyRing, domain: Domain) -> None:
    from trasloco.records.models import HistoryEntry

    waiting(ring)
    change(*domain)
    ticks(NOW + MINUTE, NOW + 2 * HOUR, 5 * MINUTE)
    assert HistoryEntry.objects.filter(verb="run-begun", details__run=2).get().details["because"] == "mx-changed"


@pytest.mark.parametrize("trouble", ["silent", "failing", "refusing", "resolver"])
def test_a_name_server_in_trouble_never_makes_it_begin_and_the_latest_hour_does(
    ring: KeyRing, name_servers: NameServers, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver, domain = name_servers({("old.example", "MX"): OLD}, {("old.example", "MX"): OLD})
    migration = waiting(ring)
    if trouble == "silent":
        impatient(monkeypatch)
    for zone in domain:
        if trouble == "refusing":
            zone.refusing = True
        elif trouble != "resolver":
            getattr(zone, trouble).add("old.example")
    if trouble == "resolver":
        resolver.failing.add("old.example")
    ticks(NOW + MINUTE, NOW + 23 * HOUR - MINUTE, 2 * HOUR)
    assert states(migration) == ["completed", "planned"]
    assert watch(migration).failures > 5
    assert watch(migration).words
    tick(NOW + 23 * HOUR)
    assert states(migration) == ["completed", "waiting"]


def test_after_the_change_a_silent_name_server_holds_it_back(ring: KeyRing, domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    migration = waiting(ring)
    change(*domain)
    ticks(NOW + MINUTE, NOW + 10 * MINUTE)
    for zone in domain:
        zone.silent.add("old.example")
    with monkeypatch.context() as patch:
        impatient(patch)
        ticks(NOW + 11 * MINUTE, NOW + 3 * HOUR, 5 * MINUTE)
    assert states(migration) == ["completed", "planned"]  # nobody has seen it since the old answer ran out
    for zone in domain:
        zone.silent.clear()
    ticks(NOW + 3 * HOUR, NOW + 4 * HOUR + MINUTE, 5 * MINUTE)
    assert states(migration) == ["completed", "waiting"]


def test_a_change_that_is_taken_back_begins_nothing(ring: KeyRing, domain: Domain) -> None:
    migration = waiting(ring)
    change(*domain)
    ticks(NOW + MINUTE, NOW + 50 * MINUTE, 5 * MINUTE)
    change(*domain, to=OLD)
    ticks(NOW + 51 * MINUTE, NOW + 5 * HOUR, 10 * MINUTE)
    assert states(migration) == ["completed", "planned"]


def test_mx_records_that_changed_during_the_first_run_wait_for_its_end(ring: KeyRing, domain: Domain) -> None:
    migration = planned(ring, Order(accounts=ACCOUNTS, second_minutes=23 * 60, second_when="mx"), now=NOW)
    tick(NOW)
    change(*domain)
    ticks(NOW, NOW + 5 * HOUR, 10 * MINUTE)
    assert watch(migration).over
    assert states(migration) == ["waiting", "planned"]
    end(migration, 1, NOW + 5 * HOUR)
    tick(NOW + 5 * HOUR + MINUTE)
    assert states(migration) == ["completed", "waiting"]


def test_of_several_domains_all_must_have_changed(ring: KeyRing, name_servers: NameServers) -> None:
    world = {("slow.example", "NS"): ["ns1.dns.example."]}
    both = {("old.example", "MX"): OLD, ("slow.example", "MX"): ["10 mx.slow.example."]}
    _, domain = name_servers({**both, **world}, both, world=world)
    migration = waiting(ring, accounts=(*ACCOUNTS, ("carla@slow.example", "carla", "secret")))
    change(*domain)
    ticks(NOW + MINUTE, NOW + 3 * HOUR, 5 * MINUTE)
    assert (watch(migration).over, watch(migration, "slow.example").over) == (True, False)
    assert states(migration) == ["completed", "planned"]
    domain[0].records[("slow.example", "MX")] = NEW
    ticks(NOW + 3 * HOUR, NOW + 5 * HOUR, 5 * MINUTE)
    assert states(migration) == ["completed", "waiting"]


def test_the_latest_hour_counts_from_the_end_of_the_first_run(ring: KeyRing, domain: Domain) -> None:
    migration = planned(ring, Order(accounts=ACCOUNTS, second_minutes=60, second_when="mx"), now=NOW)
    tick(NOW)
    tick(NOW + 5 * HOUR)
    assert migration.runs.get(number=2).due_at is None
    end(migration, 1, NOW + 6 * HOUR)
    tick(NOW + 6 * HOUR + MINUTE)
    assert migration.runs.get(number=2).due_at == NOW + 7 * HOUR
    assert states(migration) == ["completed", "planned"]
    tick(NOW + 7 * HOUR)
    assert states(migration) == ["completed", "waiting"]


def test_where_an_hour_was_chosen_the_mx_is_watched_and_begins_nothing(ring: KeyRing, domain: Domain) -> None:
    migration = planned(ring, Order(accounts=ACCOUNTS, second_minutes=6 * 60), now=NOW - HOUR)
    tick(NOW - HOUR)
    end(migration, 1, NOW)
    change(*domain)
    ticks(NOW, NOW + 4 * HOUR, 10 * MINUTE)
    assert watch(migration).over
    assert states(migration) == ["completed", "planned"]
    tick(NOW + 5 * HOUR)
    assert states(migration) == ["completed", "waiting"]


def test_what_the_destination_expects_is_waited_for(ring: KeyRing, domain: Domain) -> None:
    from trasloco.plan.mx_watch import Way

    migration = waiting(ring, mx_hosts=("mx.new.example",))
    change(*domain, to=["10 mx.filter.example."])
    ticks(NOW + MINUTE, NOW + 3 * HOUR, 10 * MINUTE)
    assert {server.way for server in watch(migration).servers} == {Way.ELSEWHERE}
    assert states(migration) == ["completed", "planned"]
    change(*domain)
    ticks(NOW + 3 * HOUR, NOW + 5 * HOUR, 10 * MINUTE)
    assert states(migration) == ["completed", "waiting"]


def test_a_stopped_first_run_holds_it_back_whatever_the_mx(ring: KeyRing, domain: Domain) -> None:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.planning import stop

    migration = planned(ring, Order(accounts=ACCOUNTS, second_minutes=60, second_when="mx"), now=NOW)
    tick(NOW)
    change(*domain)
    stop(SCHEDULE, migration)
    ticks(NOW, NOW + 4 * HOUR, 30 * MINUTE)
    assert states(migration) == ["stopped", "planned"]


# How often


def questions(zone: Zone) -> int:
    return zone.asked.count(("old.example", "MX"))


def test_a_domain_is_asked_rarely_before_the_first_run_has_ended_and_more_often_then(ring: KeyRing, domain: Domain) -> None:
    migration = planned(ring, Order(accounts=ACCOUNTS, first_run_at="2026-10-21T12:00:00+00:00", second_when="mx"), now=NOW)
    ticks(NOW, NOW + 2 * HOUR, 10 * MINUTE)
    assert questions(domain[0]) == 5
    tick(NOW + 24 * HOUR)
    end(migration, 1, NOW + 25 * HOUR)
    domain[0].asked.clear()
    ticks(NOW + 25 * HOUR, NOW + 26 * HOUR, MINUTE * 5 / 2)
    assert questions(domain[0]) == 13


def test_two_migrations_of_a_domain_ask_once(ring: KeyRing, domain: Domain) -> None:
    from trasloco.records.models import MxWatch

    for name in ("anna", "bruno"):
        planned(ring, Order(accounts=((f"{name}@old.example", name, "secret"),)), now=NOW)
    tick(NOW)
    assert questions(domain[0]) == 1
    assert MxWatch.objects.filter(state__looked_at=NOW.isoformat()).count() == 2


def test_of_two_workers_one_asks_and_a_late_answer_is_not_written(ring: KeyRing, domain: Domain) -> None:
    from trasloco.plan.mx_answer import Look
    from trasloco.records.models import MxWatch
    from trasloco.records.mx_watches import keep_look, take_due

    planned(ring, Order(accounts=ACCOUNTS), now=NOW)
    (mine,) = take_due(NOW)
    assert take_due(NOW + 9 * MINUTE) == []
    (theirs,) = take_due(NOW + 10 * MINUTE)  # the first worker is taken for dead
    assert keep_look(theirs, Look(words="theirs"), NOW + 11 * MINUTE)
    assert not keep_look(mine, Look(words="mine"), NOW + 12 * MINUTE)
    assert MxWatch.objects.get().state["words"] == "theirs"


def test_a_mistake_of_ours_in_one_look_does_not_stop_the_others(ring: KeyRing, domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.jobs import mx_looks

    async def broken(*_arguments: Any, **_more: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(mx_looks, "look", broken)
    migration = planned(ring, Order(accounts=ACCOUNTS), now=NOW)
    tick(NOW)
    assert "a mistake of ours" in watch(migration).words


def test_three_hundred_domains_are_asked_a_bounded_number_at_a_time(ring: KeyRing) -> None:
    from trasloco.records.mx_watches import AT_ONCE, take_due

    planned(ring, Order(accounts=tuple((f"a@d{n}.example", "a", "secret") for n in range(300))), now=NOW)
    found = []
    while taken := take_due(NOW):
        assert len(taken) <= AT_ONCE
        found += taken
    assert len({watch.domain for watch in found}) == 300


def test_nobody_is_asked_any_more_two_days_after_the_last_run(ring: KeyRing, domain: Domain) -> None:
    migration = planned(ring, Order(accounts=ACCOUNTS, second_minutes=None), now=NOW - HOUR)
    tick(NOW - HOUR)
    end(migration, 1, NOW)
    ticks(NOW, NOW + 47 * HOUR, 3 * HOUR)
    assert questions(domain[0]) > 13
    ticks(NOW + 48 * HOUR, NOW + 50 * HOUR, 10 * MINUTE)
    domain[0].asked.clear()
    ticks(NOW + 51 * HOUR, NOW + 60 * HOUR, HOUR)
    assert questions(domain[0]) == 0


# The mails


def test_the_mails_say_from_what_to_what_and_that_it_has_happened(ring: KeyRing, domain: Domain) -> None:
    from trasloco.records.models import Mail

    waiting(ring, mx_hosts=("mx.new.example",))
    (mail,) = Mail.objects.filter(kind="first-run-ended")
    assert (
        "- old.example: change it from mx.old.example to mx.new.example. Its time to live is 1\N{NO-BREAK SPACE}hour: so long" in mail.text
    )
    assert "change it from mx.old.example to mx.new.example." in mail.html
    assert (
        "when the MX records of all domains have changed and the old ones have run out, and on Wednesday 21 October 2026, 13:00"
        in mail.text
    )
    change(domain[0])
    ticks(NOW + 5 * MINUTE, NOW + 10 * MINUTE, 5 * MINUTE)
    assert not Mail.objects.filter(kind="mx-changed").exists()
    change(domain[1])
    ticks(NOW + 15 * MINUTE, NOW + 25 * MINUTE, 5 * MINUTE)
    (mail,) = Mail.objects.filter(kind="mx-changed")
    assert "the MX records have changed (old.example)" in mail.subject
    until = "Tuesday 20 October 2026, 15:15 (Europe/Rome, UTC+2)"
    assert f"changed everywhere, it names mx.new.example. Whoever asked before may deliver to the old server until {until}." in mail.text
    assert f"The second run begins when the old records have run out everywhere, on {until}" in mail.text
    assert "\n\n\n" not in mail.text
    assert "old records have run out everywhere" in mail.html


def test_a_change_from_before_the_end_of_the_first_run_is_no_news(ring: KeyRing, domain: Domain) -> None:
    from trasloco.records.models import Mail

    migration = planned(ring, Order(accounts=ACCOUNTS), now=NOW - HOUR)
    tick(NOW - HOUR)
    change(*domain)
    tick(NOW - HOUR / 2)
    end(migration, 1, NOW)
    ticks(NOW, NOW + 2 * HOUR, 10 * MINUTE)
    assert [mail.kind for mail in Mail.objects.exclude(kind="planned")] == ["first-run-ended"]
    assert "changed everywhere, it names mx.new.example." in Mail.objects.get(kind="first-run-ended").text


def test_the_last_mail_names_the_domains_that_have_not_changed(ring: KeyRing, domain: Domain) -> None:
    from trasloco.records.models import Mail

    migration = waiting(ring, second_minutes=60)
    tick(NOW + HOUR)
    end(migration, 2, NOW + 2 * HOUR)
    tick(NOW + 2 * HOUR)
    (mail,) = Mail.objects.filter(kind="last-run-ended")
    assert "The MX records of old.example have not changed everywhere yet: what arrives at the old server from now on" in mail.text
    assert "Nothing has arrived" not in mail.text  # nobody looked


# Until it is quiet


def seen(looked: datetime, newest: datetime, uidnext: int = 10) -> dict[str, str]:
    """What a run notes of an INBOX."""
    return {
        "inbox_looked": str(int(looked.timestamp())),
        "inbox_newest": str(int(newest.timestamp())),
        "inbox_uidvalidity": "1",
        "inbox_uidnext": str(uidnext),
    }


@pytest.fixture
def quiet(ring: KeyRing, domain: Domain) -> Callable[..., MailMigration]:
    """Its second run has begun by the change, at about NOW + 1 h 5 min, and ends at NOW + 2 h with these facts."""

    def made(**facts: str) -> MailMigration:
        migration = waiting(ring, quiet_hours=3)
        change(*domain)
        ticks(NOW + MINUTE, NOW + 70 * MINUTE, 5 * MINUTE)
        assert states(migration) == ["completed", "waiting"]
        end(migration, 2, NOW + 2 * HOUR, **facts)
        tick(NOW + 2 * HOUR)
        return migration

    return made


def test_it_runs_again_until_nothing_has_arrived_for_so_long(quiet: Callable[..., MailMigration]) -> None:
    migration = quiet(**seen(NOW + 2 * HOUR, NOW + HOUR))
    third = migration.runs.get(number=3)
    assert (third.status, third.due_at) == ("planned", NOW + 4 * HOUR)  # three hours after the last message
    migration.refresh_from_db()
    assert migration.wrapped_key is not None
    tick(NOW + 4 * HOUR)
    end(migration, 3, NOW + 5 * HOUR, **seen(NOW + 4 * HOUR + MINUTE, NOW + 5 * HOUR))  # the same next UID: nothing came
    tick(NOW + 5 * HOUR)
    migration.refresh_from_db()
    assert states(migration) == ["completed"] * 3
    assert migration.wrapped_key is None


def test_the_run_that_follows_brings_what_came_and_another_follows_it(quiet: Callable[..., MailMigration]) -> None:
    migration = quiet(**seen(NOW + 2 * HOUR, NOW + HOUR))
    tick(NOW + 4 * HOUR)
    end(migration, 3, NOW + 5 * HOUR, **seen(NOW + 4 * HOUR, NOW + 3 * HOUR, uidnext=11))
    tick(NOW + 5 * HOUR)
    assert migration.runs.get(number=4).due_at == NOW + 6 * HOUR


def test_what_was_not_looked_at_is_not_taken_for_quiet_and_it_ends_at_the_latest_hour(quiet: Callable[..., MailMigration]) -> None:
    migration = quiet()
    number, at = 3, NOW + 2 * HOUR
    while migration.runs.filter(number=number, status="planned").exists():
        due = migration.runs.get(number=number).due_at
        assert due is not None
        assert at < due <= NOW + 23 * HOUR
        at = due
        tick(at)
        end(migration, number, at + MINUTE)
        tick(at + MINUTE)
        number += 1
    assert at > NOW + 19 * HOUR
    migration.refresh_from_db()
    assert migration.wrapped_key is None


def test_nobody_is_written_to_between_two_such_runs(quiet: Callable[..., MailMigration]) -> None:
    from trasloco.records.models import Mail

    migration = quiet(**seen(NOW + 2 * HOUR, NOW + HOUR))
    assert not Mail.objects.filter(kind="last-run-ended").exists()
    tick(NOW + 4 * HOUR)
    end(migration, 3, NOW + 5 * HOUR, **seen(NOW + 4 * HOUR + MINUTE, NOW + 5 * HOUR))
    tick(NOW + 5 * HOUR)
    (mail,) = Mail.objects.filter(kind="last-run-ended")
    assert "Nothing has arrived in the old INBOXes since" in mail.text


# With a worker's own clock


def test_a_worker_asks_by_itself_and_begins_the_run_when_the_old_answer_has_run_out(
    ring: KeyRing, domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is there to be copied from: each run fails at once, which is an end like any other."""
    from trasloco.jobs.database_thread import in_thread
    from trasloco.jobs.worker import work
    from trasloco.records import mx_watches
    from trasloco.records.clock import now
    from trasloco.records.models import Run

    monkeypatch.setattr(mx_watches, "SOON", timedelta(seconds=0.2))
    monkeypatch.setattr(mx_watches, "SELDOM", timedelta(seconds=0.2))
    for zone in domain:
        zone.ttl = 3
    migration = planned(ring, Order(accounts=ACCOUNTS, second_minutes=60, second_when="mx"))
    changed: list[datetime] = []

    def begun() -> bool:
        first, second = Run.objects.filter(migration=migration).order_by("number")
        known = watch(migration)
        if not changed and first.told_at is not None and known.looked_at is not None:
            assert second.status == "planned"
            change(*domain)
            changed.append(now())
        return second.status != "planned"

    async def until() -> bool:
        return await in_thread(begun)

    asyncio.run(asyncio.wait_for(work(2, until), 240))
    known = watch(migration)
    assert known.over
    assert known.old_until - changed[0] >= timedelta(seconds=2)
    assert now() >= known.old_until
    latest = migration.runs.get(number=2).due_at
    assert latest is not None
    assert latest > now() + timedelta(minutes=50)
