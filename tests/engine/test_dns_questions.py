from __future__ import annotations

import pytest

from trasloco.engine.dns_questions import addresses
from trasloco.testing.zone import Zone


async def test_addresses_of_both_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    with Zone({("two.example", "A"): ["192.0.2.1"], ("two.example", "AAAA"): ["2001:db8::1"]}) as zone:
        monkeypatch.setenv("TRASLOCO_DNS", zone.address)
        assert await addresses("two.example") == ["192.0.2.1", "2001:db8::1"]
        assert await addresses("nowhere.example") == []
        assert await addresses("x" * 70 + ".example") is None
