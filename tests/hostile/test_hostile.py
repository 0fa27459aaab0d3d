"""No server, whatever it sends, takes more memory than is said, or more time, or keeps an honest account beside it from its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.attack import Attack, cases
from tests.hostile.outcomes import COMPLETED, OUTCOMES
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.hostile.behaviour import BEHAVIOURS

MEMORY = 300
"""MiB that the process may take at the most, all that it does included."""


@pytest.fixture(scope="module")
def attack(dovecot_source: Dovecot, dovecot_destination: Dovecot) -> Iterator[Attack]:
    with Attack(dovecot_source, dovecot_destination) as begun:
        yield begun
        assert begun.servers.mistakes == []


@pytest.mark.parametrize(("name", "side"), list(cases()))
def test_a_hostile_server_harms_itself_alone(attack: Attack, name: str, side: str) -> None:
    ended = attack.of(BEHAVIOURS[name], side)
    assert ended.outcome in OUTCOMES[name].on(side).split(" or "), ended
    assert ended.peak < MEMORY
    assert ended.honest == COMPLETED
    if ended.code:
        assert ended.side == side
        assert ended.words.endswith(".")
        assert len(ended.words) < 1500
        assert ended.words.isprintable(), "a server's control characters are in the words"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("messages-backwards", "source"),
        ("million-folders", "source"),
        ("search-of-everything", "source"),
        ("vanished-one-by-one", "destination"),
        ("halves-without-end", "source"),
    ],
)
def test_memory_keeps_its_bound_at_the_limits_of_the_product(attack: Attack, name: str, side: str) -> None:
    ended = attack.of(BEHAVIOURS[name], side, depth=100)  # its own, as they are
    assert ended.status != "no end"
    assert ended.peak < MEMORY
    assert ended.honest == COMPLETED
