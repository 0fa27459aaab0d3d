from __future__ import annotations

import asyncio

import pytest

from trasloco.engine import logins
from trasloco.engine.account import Side
from trasloco.engine.failure import Failure, Retry, Scope, SideName
from trasloco.engine.logins import PER_HOST, Attempt, HostGates, Tried, try_logins
from trasloco.engine.probe import Probe
from trasloco.imap.endpoint import Endpoint
from trasloco.imap.sasl import Credentials
from trasloco.plan.endpoints import source_endpoint
from trasloco.secret import Secret


def attempts(endpoint: Endpoint, count: int) -> list[Attempt]:
    return [
        Attempt(line, f"a{line}@example.net", Side(SideName.SOURCE, endpoint, Credentials(f"a{line}", Secret("hush"))))
        for line in range(1, count + 1)
    ]


def try_all(wanted: list[Attempt]) -> list[Tried]:
    return asyncio.run(try_logins(wanted, allow_private=True, told=lambda tried: None))


def test_a_server_that_answers_nobody_is_not_waited_for_500_times(monkeypatch: pytest.MonkeyPatch) -> None:
    # A real silent server would cost this test the whole deadline.
    asked: list[str] = []

    async def silent(side: Side, **_: object) -> Probe:
        asked.append(side.credentials.display)
        await asyncio.sleep(0)
        return Probe(failure=Failure(side.name, Scope.ACCOUNT, Retry.NOW, "silent", "no answer"))

    monkeypatch.setattr(logins, "probe", silent)
    tried = try_all(attempts(source_endpoint("127.0.0.1", 993, tls="pin", starttls=False), 500))
    assert len(asked) == PER_HOST
    assert all(item.failure is not None for item in tried)
    assert "127.0.0.1:993: was not tried, as 4 logins to this server got no answer." in str(tried[-1].failure)


def test_one_answer_is_enough_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def slow_but_for_the_first(side: Side, **_: object) -> Probe:
        first = not asked
        asked.append(side.credentials.display)
        await asyncio.sleep(0)
        return Probe() if first else Probe(failure=Failure(side.name, Scope.ACCOUNT, Retry.NOW, "silent", "no answer"))

    monkeypatch.setattr(logins, "probe", slow_but_for_the_first)
    try_all(attempts(source_endpoint("127.0.0.1", 993, tls="pin", starttls=False), 20))
    assert len(asked) == 20


class Counted:
    """In the place of a server: how many logins it had at once."""

    def __init__(self) -> None:
        self.running = self.most = 0

    async def __call__(self, side: Side, **_: object) -> Probe:
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.001)
        self.running -= 1
        return Probe()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    made = Counted()
    monkeypatch.setattr(logins, "probe", made)
    return made


async def test_two_checks_at_once_do_not_ask_one_server_more_than_one_would(counted: Counted) -> None:
    gates = HostGates(per_host=3)
    endpoint = source_endpoint("127.0.0.1", 993, tls="pin", starttls=False)
    checks = [try_logins(attempts(endpoint, 30), allow_private=True, told=lambda tried: None, gates=gates) for _ in range(4)]
    tried = await asyncio.gather(*checks)
    assert [len(found) for found in tried] == [30] * 4
    assert counted.most == 3


async def test_all_servers_together_are_asked_at_most_so_much(counted: Counted) -> None:
    servers = [source_endpoint(f"127.0.0.{number}", 993, tls="pin", starttls=False) for number in range(1, 11)]
    wanted = [attempt for server in servers for attempt in attempts(server, 5)]
    await try_logins(wanted, allow_private=True, told=lambda tried: None, gates=HostGates(per_host=4, at_once=6))
    assert counted.most == 6
