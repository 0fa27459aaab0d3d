"""Trying every login of a CSV, on both sides, at a pace no server minds."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from trasloco.engine.account import Side
from trasloco.engine.failure import Failure, SideName
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
    ``told`` is called as each one ends.
    """
    names = _Names(allow_private)
    everywhere = asyncio.Semaphore(at_once)
    hosts: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(per_host))

    async def one(attempt: Attempt) -> Tried:
        async with hosts[attempt.side.endpoint.host.casefold()], everywhere:
            endpoint = await names.resolved(attempt)
            if isinstance(endpoint, Failure):
                tried = Tried(attempt, Probe(failure=endpoint))
            else:
                tried = Tried(attempt, await probe(replace(attempt.side, endpoint=endpoint)))
        told(tried)
        return tried

    return list(await asyncio.gather(*(one(attempt) for attempt in attempts)))


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
