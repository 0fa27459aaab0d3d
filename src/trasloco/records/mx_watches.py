"""The watch over the MX records of a migration's domains: every write, as a verb; and whose turn it is to be asked.

Watched are the domains of the destination addresses: there mail is to arrive on the new system. Whether a domain of an old
login still leads to the old server, when it is another one, does not say when a second run makes sense.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, QuerySet

from trasloco.plan.mx_answer import Look
from trasloco.plan.mx_watch import Watch
from trasloco.records.models import ENDED_RUN, MailMigration, MxWatch, Run

SOON = timedelta(minutes=5)  # between two looks, while the change is waited for
SELDOM = timedelta(minutes=30)  # before that, and when there is nothing to wait for any more
LONGEST = timedelta(hours=1)  # after looks that brought nothing
LEASE = timedelta(minutes=10)  # of one look; a worker that dies in it delays the next by that much
AFTERWARDS = timedelta(days=2)  # from the last run's end: who changes his MX only then still sees it here
AT_ONCE = 60  # watches taken by one errand


def open_watches(migration: MailMigration, now: datetime) -> None:
    """Begin to watch the domains of a migration that has just been planned."""
    state = Watch(wanted=_wanted(migration)).as_json()
    MxWatch.objects.bulk_create(
        [MxWatch(migration=migration, domain=domain, state=state, next_look_at=now) for domain in migration.domains], ignore_conflicts=True
    )


def any_due(now: datetime) -> bool:
    """Is there a domain to be asked?"""
    return _due(now).exists()


def take_due(now: datetime) -> list[MxWatch]:
    """Those to be asked now, a bounded number, longest due first; each is the caller's for a while."""
    taken = []
    for watch in _due(now).select_related("migration__destination_system").order_by("next_look_at", "pk")[:AT_ONCE]:
        mine = MxWatch.objects.filter(pk=watch.pk, looks=watch.looks)
        if mine.update(looks=F("looks") + 1, next_look_at=now + LEASE):
            watch.looks += 1
            taken.append(watch)
    return taken


def keep_look(watch: MxWatch, look: Look, now: datetime) -> bool:
    """Write down what one look brought; False when it took so long that somebody else has begun another one."""
    known = replace(Watch.of_json(watch.state), wanted=_wanted(watch.migration)).after(look, now)
    return bool(
        MxWatch.objects.filter(pk=watch.pk, looks=watch.looks).update(
            state=known.as_json(),
            over=known.over,
            changed_at=known.changed_at,
            confirmed_at=known.confirmed_at,
            next_look_at=_next_look(watch.migration, known, now),
        )
    )


def look_soon(migration: MailMigration, now: datetime) -> None:
    """Ask at the next tick: something has happened that makes the answer interesting."""
    MxWatch.objects.filter(migration=migration).update(next_look_at=now)


def watches_of(migration: MailMigration, most: int | None = None) -> list[tuple[str, Watch]]:
    """Each domain with what is known of it, by name."""
    return [(row.domain, Watch.of_json(row.state)) for row in migration.mx_watches.order_by("domain")[:most]]


def watched(migration: MailMigration) -> bool:
    """Is there a domain that may still change?"""
    return migration.mx_watches.filter(over=False).exclude(next_look_at=None).exists()


def all_changed(migration: MailMigration) -> bool:
    """Have all its domains changed at all their name servers, by the last look at each?"""
    moments = list(migration.mx_watches.values_list("changed_at", flat=True))
    return bool(moments) and None not in moments


def _wanted(migration: MailMigration) -> tuple[str, ...]:
    """As the operator says it of the system by now."""
    system = migration.destination_system
    return tuple(system.mx_hosts) if system is not None else ()


def _due(now: datetime) -> QuerySet[MxWatch]:
    return MxWatch.objects.filter(next_look_at__lte=now, migration__deleting_at=None)


def _next_look(migration: MailMigration, watch: Watch, now: datetime) -> datetime | None:
    """None when nobody waits for it any more."""
    if _ended_long_ago(migration, now):
        return None
    usual: timedelta = SOON if _waited_for(migration, watch) else SELDOM
    if watch.failures:
        return now + min(usual * (1 << min(watch.failures - 1, 6)), LONGEST)
    if watch.changed_at is not None and not watch.over and watch.old_until is not None and watch.old_until > now:
        return min(now + usual, watch.old_until)  # the moment from which it may be over
    return now + usual


def _waited_for(migration: MailMigration, watch: Watch) -> bool:
    """Is it the time to change the MX records, and has this one not?"""
    runs = migration.runs
    return not watch.over and runs.filter(number=1, status__in=ENDED_RUN).exists()


def _ended_long_ago(migration: MailMigration, now: datetime) -> bool:
    open_runs = Run.objects.filter(migration=OuterRef("pk")).exclude(status__in=ENDED_RUN)
    young = Run.objects.filter(migration=OuterRef("pk"), ended_at__gt=now - AFTERWARDS)
    return not MailMigration.objects.filter(Exists(open_runs) | Exists(young), pk=migration.pk).exists()
