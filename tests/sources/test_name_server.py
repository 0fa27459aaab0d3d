from __future__ import annotations

from collections.abc import Callable

import pytest

from trasloco.engine import dns_questions
from trasloco.sources.name_server import mail_servers, services
from trasloco.testing.zone import Zone


async def test_mail_servers_come_by_preference(zone: Callable[..., Zone]) -> None:
    zone({("old.example", "MX"): ["20 b.old.example.", "10 a.old.example."], ("nomail.example", "MX"): ["0 ."]})
    assert await mail_servers("old.example") == ["a.old.example", "b.old.example"]
    assert await mail_servers("nomail.example") == []
    assert await mail_servers("nowhere.example") == []


async def test_services_come_by_priority_then_weight_and_a_dot_is_none(zone: Callable[..., Zone]) -> None:
    lines = ["10 5 993 b.old.example.", "0 1 993 c.old.example.", "0 9 994 a.old.example."]
    zone({("_imaps._tcp.old.example", "SRV"): lines, ("_imap._tcp.old.example", "SRV"): ["0 0 0 ."]})
    assert await services("old.example", "_imaps._tcp") == [("a.old.example", 994), ("c.old.example", 993), ("b.old.example", 993)]
    assert await services("old.example", "_imap._tcp") == []


async def test_a_silent_name_server_is_not_waited_for_long(zone: Callable[..., Zone], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_questions, "LIFETIME", 0.3)
    zone(silent=("old.example",))
    assert await mail_servers("old.example") is None
