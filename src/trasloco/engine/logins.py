"""Trying many logins, on both sides, at a pace no server minds.

A server that answers nobody is not asked 500 times, and a master user who was refused is not tried for 500
mailboxes: both would take hours, or get our address banned.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from trasloco.engine.account import Side
from trasloco.engine.at_side import at_side
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.first_sight import first_sight, unseen
from trasloco.engine.probe import Probe, probe
from trasloco.engine.reach import reach
from trasloco.engine.resolve import resolve
from trasloco.imap.endpoint import Endpoint
from trasloco.plan.address_policy import OPERATORS_WORD
from trasloco.sentence import sentence as _
from trasloco.sentence import sentence_of as ngettext

PER_HOST = 4
AT_ONCE = 20
MASTER_REFUSALS = 3


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login to try. line: in the CSV, None without one. free: the operator named this server himself.
    master: the name of the master user whose password it is, "" when the password is the mailbox's own.
    larger: bytes; count the messages above it; None: do not."""

    line: int | None
    account: str
    side: Side
    free: bool = False
    master: str = ""
    larger: int | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What an attempt came to."""

    attempt: Attempt
    probe: Probe

    @property
    def failure(self) -> Failure | None:
        return self.probe.failure


class HostGates:
    """How many logins may be tried at once: ``per_host`` per server, ``at_once`` in all. One for all checks of a process."""

    def __init__(self, per_host: int = PER_HOST, at_once: int = AT_ONCE) -> None:
        self.everywhere = asyncio.Semaphore(at_once)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._per_host = per_host

    def of(self, host: str) -> asyncio.Semaphore:
        """The server's gate; it is forgotten with the last one who holds it."""
        return self._hosts.setdefault(host.casefold(), asyncio.Semaphore(self._per_host))


async def try_logins(
    attempts: Sequence[Attempt],
    *,
    allow_private: bool,
    told: Callable[[Tried], None],
    per_host: int = PER_HOST,
    gates: HostGates | None = None,
) -> list[Tried]:
    """Try all, at most ``per_host`` at a time per server and as many as ``gates`` let through; results in the order given.

    Every name is looked up once and held against the address policy, unless the attempt is ``free``; every certificate that is to be
    pinned is looked at once, before any login.
    A server that has let ``per_host`` logins wait for nothing, and has answered none, is asked no more: its
    other logins fail at once, as otherwise 500 lines would wait for hours. ``told`` is called as each one ends.
    """
    names, certificates, silence, masters = _Names(allow_private), _Certificates(), _Silence(per_host), _Masters()
    shared = gates or HostGates(per_host)
    hosts: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(per_host))

    async def one(attempt: Attempt) -> Tried:
        host = attempt.side.endpoint.host.casefold()
        async with hosts[host], shared.of(host), shared.everywhere:
            endpoint = await names.resolved(attempt)
            if isinstance(endpoint, Failure):
                tried = Tried(attempt, Probe(failure=endpoint))
            elif (failure := silence.of(attempt.side) or masters.of(attempt)) is not None:
                tried = Tried(attempt, Probe(failure=failure))
            else:
                side = await certificates.pinned(replace(attempt.side, endpoint=endpoint))
                tried = Tried(attempt, await probe(side, larger=attempt.larger))
                silence.learn(tried)
                masters.learn(tried)
        told(tried)
        return tried

    return list(await asyncio.gather(*(one(attempt) for attempt in attempts)))


class _Silence:
    """Which servers answer nobody."""

    _CODES = frozenset({"silent", "connection-timeout"})

    def __init__(self, enough: int) -> None:
        self._enough = enough
        self._waited: Counter[tuple[SideName, Endpoint]] = Counter()
        self._answering: set[tuple[SideName, Endpoint]] = set()

    def learn(self, tried: Tried) -> None:
        key = (tried.attempt.side.name, tried.attempt.side.endpoint)
        if tried.failure is not None and tried.failure.code in self._CODES:
            self._waited[key] += 1
        else:
            self._answering.add(key)

    def of(self, side: Side) -> Failure | None:
        """The failure of a login that is not worth the wait, None for one that is."""
        waited = self._waited[side.name, side.endpoint]
        if waited < self._enough or (side.name, side.endpoint) in self._answering:
            return None
        clause = ngettext(
            "was not tried, as %(n)s login to this server got no answer. Check host, port and TLS",
            "was not tried, as %(n)s logins to this server got no answer. Check host, port and TLS",
            waited,
        )
        return Failure(side.name, Scope.ACCOUNT, Retry.LATER, "silent", at_side(side.name, side.endpoint, clause))


class _Masters:
    """Which master users are refused for everybody."""

    def __init__(self) -> None:
        self._refused: Counter[tuple[SideName, str, str]] = Counter()
        self._let_in: set[tuple[SideName, str, str]] = set()

    def learn(self, tried: Tried) -> None:
        key = self._key(tried.attempt)
        if tried.failure is None:
            self._let_in.add(key)
        elif tried.failure.code == "login-refused":
            self._refused[key] += 1

    def of(self, attempt: Attempt) -> Failure | None:
        """The failure of a login that would only be refused once more, None for one that is worth trying."""
        key, side = self._key(attempt), attempt.side
        if not attempt.master or key in self._let_in or self._refused[key] < MASTER_REFUSALS:
            return None
        clause = _(
            "the master user was refused for %(refusals)s mailboxes and let in for none, so this one was not tried: the server might lock "
            "us out. Check the master's name and password, then try again",
            refusals=MASTER_REFUSALS,
        )
        return Failure(side.name, Scope.ACCOUNT, Retry.NEVER, "master-refused", at_side(side.name, side.endpoint, clause))

    @staticmethod
    def _key(attempt: Attempt) -> tuple[SideName, str, str]:
        return attempt.side.name, str(attempt.side.endpoint), attempt.master


class _Names:
    """Each server is looked up once, whoever asks first."""

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._asked: dict[tuple[Endpoint, SideName, bool], asyncio.Task[Endpoint | Failure]] = {}

    async def resolved(self, attempt: Attempt) -> Endpoint | Failure:
        key = (attempt.side.endpoint, attempt.side.name, attempt.free)
        if key not in self._asked:
            policy = OPERATORS_WORD if attempt.free else reach(private=self._allow_private)
            self._asked[key] = asyncio.create_task(resolve(attempt.side.endpoint, policy, name=attempt.side.name))
        return await asyncio.shield(self._asked[key])


class _Certificates:
    """The certificate of each server is looked at once, whoever asks first."""

    def __init__(self) -> None:
        self._seen: dict[Endpoint, asyncio.Task[str | None]] = {}

    async def pinned(self, side: Side) -> Side:
        """The side with its certificate pinned, where any is accepted at first sight."""
        endpoint = side.endpoint
        if not unseen(endpoint):
            return side
        if endpoint not in self._seen:
            self._seen[endpoint] = asyncio.create_task(first_sight(side))
        return replace(side, endpoint=replace(endpoint, fingerprint=await asyncio.shield(self._seen[endpoint])))
