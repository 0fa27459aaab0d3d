"""Has the way of a domain's mail changed, everywhere it was asked, and may anybody still know the old one? Pure.

A watch begins with what the name servers say first: that is the old answer. ``after`` takes one look and gives the watch as it
is then. Where it is not certain, the answer is that mail may still go the old way: a run that begins too early misses
mail, one that begins later does not.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from trasloco.plan.mx_answer import Answer, Heard, Kind, Look, Silence

ASSUMED_TTL = 86_400
"""Seconds, of an old answer that nobody has seen: the watch began when all had changed already."""

NOT_THERE_AFTER = timedelta(hours=1)
"""A name server that has never answered in so long a time, with tries all along, answers nobody."""


MOST_SERVERS = 60
"""Addresses that are asked although the zone may not name them any more."""

_MOMENTS = ("old_until", "changed_at", "confirmed_at", "looked_at")


class Way(enum.StrEnum):
    """Where mail goes by what one server says.

    OLD: the old way, be it among others. NEW: elsewhere, and where it is known where it should, there. ELSEWHERE: to hosts
    that are neither. NOWHERE: no MX record. UNKNOWN: it has never answered. NOT_COUNTED: nobody learns anything of it.
    """

    OLD = "old"
    NEW = "new"
    ELSEWHERE = "elsewhere"
    NOWHERE = "nowhere"
    UNKNOWN = "unknown"
    NOT_COUNTED = "not-counted"


@dataclass(frozen=True, slots=True)
class Server:
    """One address of one name server. answer: its last one. words: why it has given none now, "" when it has.

    first_asked: since when it is asked. known_until: until when caches may ask it, though the zone names it no more."""

    name: str
    address: str
    way: Way
    answer: Answer | None
    words: str
    first_asked: datetime
    known_until: datetime

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "address": self.address,
            "way": self.way.value,
            "answer": self.answer.as_json() if self.answer else None,
            "words": self.words,
            "first_asked": self.first_asked.isoformat(),
            "known_until": self.known_until.isoformat(),
        }

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Self:
        answer = Answer.of_json(found["answer"]) if found["answer"] else None
        moments = (datetime.fromisoformat(found[name]) for name in ("first_asked", "known_until"))
        return cls(found["name"], found["address"], Way(found["way"]), answer, found["words"], *moments)


@dataclass(frozen=True, slots=True)
class Watch:
    """wanted: hosts that the MX should name, in lower case; () where that is not known.

    old: the hosts of the old answer, None before the first look that brought one; old_kind: what kind it was of.
    old_until: until when a cache may know the old answer. changed_at: the look since which every server that counts says the
    new one; None while one does not. confirmed_at: the last look at which that was so. looked_at: the last that brought an answer.
    failures: looks in a row, until now, that brought none.
    """

    wanted: tuple[str, ...] = ()
    old: tuple[str, ...] | None = None
    old_kind: Kind = Kind.NONE
    old_until: datetime | None = None
    changed_at: datetime | None = None
    confirmed_at: datetime | None = None
    looked_at: datetime | None = None
    failures: int = 0
    words: str = ""
    servers: tuple[Server, ...] = field(default=())

    @property
    def over(self) -> bool:
        """Has it changed everywhere, and has been seen so once more when no cache knew the old answer any longer?"""
        return self.changed_at is not None and self.confirmed_at is not None and (self.old_until or self.changed_at) <= self.confirmed_at

    def ask_again(self, now: datetime) -> tuple[tuple[str, str], ...]:
        """Pairs of server and address that caches may still ask, whether the zone names them or not; a bounded number, those
        that say the old answer first."""
        known = [server for server in self.servers if server.address and server.known_until >= now]
        return tuple((server.name, server.address) for server in _most_telling(known))

    def as_json(self) -> dict[str, Any]:
        moments = {name: moment.isoformat() if (moment := getattr(self, name)) else None for name in _MOMENTS}
        return moments | {
            "wanted": list(self.wanted),
            "old": None if self.old is None else list(self.old),
            "old_kind": self.old_kind.value,
            "failures": self.failures,
            "words": self.words,
            "servers": [server.as_json() for server in self.servers],
        }

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Self:
        moments = {name: datetime.fromisoformat(found[name]) if found[name] else None for name in _MOMENTS}
        return cls(
            wanted=tuple(found["wanted"]),
            old=None if found["old"] is None else tuple(found["old"]),
            old_kind=Kind(found["old_kind"]),
            failures=found["failures"],
            words=found["words"],
            servers=tuple(Server.of_json(server) for server in found["servers"]),
            **moments,
        )

    def after(self, look: Look, now: datetime) -> Watch:
        """The watch with one more look."""
        if not look.answered:
            words = look.words or next((f"{item.server}: {item.words}" for item in look.heard), "no name server could be asked")
            # What servers are asked stays, but for those that were heard of now: they are silent since.
            servers = self._servers(look, now, self) if look.heard else self.servers
            return replace(self, failures=self.failures + 1, words=words, servers=servers, old_until=self._until(servers, now))
        begun = self if self.old is not None else self._begun(look, now)
        servers = begun._servers(look, now, begun)
        changed = _changed(servers, now)
        return replace(
            begun,
            servers=servers,
            old_until=begun._until(servers, now),
            changed_at=(begun.changed_at or now) if changed else None,
            confirmed_at=now if changed else None,
            looked_at=now,
            failures=0,
            words="",
        )

    def _begun(self, look: Look, now: datetime) -> Watch:
        """The first answers are the old ones, but for what is wanted."""
        answers = [item.answer for item in look.heard if item.answer is not None]
        hosts = tuple(dict.fromkeys(host for answer in answers for host in answer.hosts if host not in self.wanted))
        kinds = {answer.kind for answer in answers}
        kind = next(item for item in (Kind.MX, Kind.IMPLICIT, Kind.NULL, Kind.NONE) if item in kinds)
        seen = bool(hosts) or not self.wanted or kind is not Kind.MX
        return replace(self, old=hosts, old_kind=kind, old_until=None if seen else now + timedelta(seconds=ASSUMED_TTL))

    def _way(self, answer: Answer) -> Way:
        assert self.old is not None
        if answer.kind is Kind.MX:
            if any(host in self.old and host not in self.wanted for host in answer.hosts):
                return Way.OLD
            return Way.NEW if not self.wanted or set(answer.hosts) <= set(self.wanted) else Way.ELSEWHERE
        same = (answer.kind is self.old_kind) or {answer.kind, self.old_kind} <= {Kind.NULL, Kind.NONE}
        return Way.OLD if same else Way.NOWHERE

    def _servers(self, look: Look, now: datetime, begun: Watch) -> tuple[Server, ...]:
        """Those heard now, with what they said before where they are silent; and those that caches may still ask."""
        known = {(server.name, server.address): server for server in self.servers}
        until = now + timedelta(seconds=look.ttl)
        found = []
        for item in look.heard:
            before = known.pop((item.server, item.address), None)
            named = not item.address or f"{item.server} {item.address}" in look.named
            known_until = until if named else before.known_until if before else now
            if known_until < now and not named:
                continue
            found.append(_server(item, before, begun, now, known_until))
        return (*found, *_most_telling(server for server in known.values() if server.known_until >= now and server.address))

    def _until(self, servers: Iterable[Server], now: datetime) -> datetime | None:
        """Each sighting of the old answer counts for its own time; one that was given until now may be kept from now on, for the time it
        had then: between two looks nobody knows when it went."""
        before = [server for server in self.servers if server.way is Way.OLD]
        ttls = [server.answer.ttl for server in (*before, *(item for item in servers if item.way is Way.OLD)) if server.answer]
        moments = [now + timedelta(seconds=ttl) for ttl in ttls]
        return max([*moments, *([self.old_until] if self.old_until else [])], default=None)


def _server(item: Heard, before: Server | None, watch: Watch, now: datetime, known_until: datetime) -> Server:
    first = before.first_asked if before else now
    if item.answer is not None:
        way = watch._way(item.answer) if watch.old is not None else Way.UNKNOWN
        return Server(item.server, item.address, way, item.answer, "", first, known_until)
    if item.silence is Silence.SILENT:
        way = before.way if before is not None and before.way is not Way.NOT_COUNTED else Way.UNKNOWN
        return Server(item.server, item.address, way, before.answer if before else None, item.words, first, known_until)
    return Server(item.server, item.address, Way.NOT_COUNTED, None, item.words, first, known_until)


def _most_telling(servers: Iterable[Server]) -> list[Server]:
    """No more than a domain has: a zone that names others at every look must not make a watch grow without end."""
    return sorted(servers, key=lambda server: server.way is not Way.OLD)[:MOST_SERVERS]


def _changed(servers: Iterable[Server], now: datetime) -> bool:
    """Does every server that counts say the new answer, and is there one?"""
    ways = {server.way for server in servers if _counts(server, servers, now)}
    return ways == {Way.NEW}


def _counts(server: Server, servers: Iterable[Server], now: datetime) -> bool:
    """Not one that nobody learns anything of: lame, never there, or silent at this address (IPv6) and not at its other."""
    if server.way is Way.UNKNOWN:
        elsewhere = any(other.name == server.name and other.answer is not None for other in servers)
        return not elsewhere and now - server.first_asked < NOT_THERE_AFTER
    return server.way is not Way.NOT_COUNTED
