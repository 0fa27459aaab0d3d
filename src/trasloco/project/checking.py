"""Trying every login of a CSV, on both sides, at a pace no server minds."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from trasloco.engine.account import Side
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.master_user import MasterUser
from trasloco.engine.probe import Probe, probe
from trasloco.engine.resolve import resolve
from trasloco.imap.endpoint import Endpoint
from trasloco.imap.sasl import Credentials
from trasloco.plan.endpoints import source_endpoint
from trasloco.plan.table import Row
from trasloco.project.encryption import Encryption

PER_HOST = 4
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login to try. ``line``: in the CSV, None without one. ``free``: the operator named this server himself."""

    line: int | None
    account: str
    side: Side
    free: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """What an attempt came to."""

    attempt: Attempt
    probe: Probe

    @property
    def failure(self) -> Failure | None:
        return self.probe.failure


def source_side(row: Row, encryption: Encryption) -> Side:
    """The source of a CSV line; a master user's other dialect is the fallback."""
    endpoint = source_endpoint(row.host, row.port, tls=encryption.tls, starttls=encryption.starttls)
    if not row.master:
        return Side(SideName.SOURCE, endpoint, Credentials(row.login, row.password))
    master = MasterUser(row.master, row.password)
    return Side(SideName.SOURCE, endpoint, master.authorized(row.login), fallback=master.joined(row.login))


async def try_logins(
    attempts: Sequence[Attempt],
    *,
    allow_private: bool,
    told: Callable[[Tried], None],
    per_host: int = PER_HOST,
    at_once: int = AT_ONCE,
) -> list[Tried]:
    """Try all, at most ``per_host`` at a time per server and ``at_once`` in all; results in the order given.

    Every name is looked up once and held against the address policy, unless the attempt is ``free``.
    A server that has let ``per_host`` logins wait for nothing, and has answered none, is asked no more: its
    other logins fail at once, as otherwise 500 lines would wait for hours. ``told`` is called as each one ends.
    """
    names, silence = _Names(allow_private), _Silence(per_host)
    everywhere = asyncio.Semaphore(at_once)
    hosts: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(per_host))

    async def one(attempt: Attempt) -> Tried:
        async with hosts[attempt.side.endpoint.host.casefold()], everywhere:
            endpoint = await names.resolved(attempt)
            if isinstance(endpoint, Failure):
                tried = Tried(attempt, Probe(failure=endpoint))
            elif (failure := silence.of(attempt.side)) is not None:
                tried = Tried(attempt, Probe(failure=failure))
            else:
                tried = Tried(attempt, await probe(replace(attempt.side, endpoint=endpoint)))
                silence.learn(tried)
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
        where = f"{side.name.value.capitalize()} {side.endpoint}"
        words = f"{where}: was not tried, as {waited} logins to this server got no answer. Check host, port and TLS."
        return Failure(side.name, Scope.ACCOUNT, Retry.LATER, "silent", words)


class _Names:
    """Each server is looked up once, whoever asks first."""

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._asked: dict[tuple[Endpoint, SideName, bool], asyncio.Task[Endpoint | Failure]] = {}

    async def resolved(self, attempt: Attempt) -> Endpoint | Failure:
        key = (attempt.side.endpoint, attempt.side.name, attempt.free)
        if key not in self._asked:
            allow = self._allow_private or attempt.free
            self._asked[key] = asyncio.create_task(resolve(attempt.side.endpoint, allow_private=allow, name=attempt.side.name))
        return await asyncio.shield(self._asked[key])
