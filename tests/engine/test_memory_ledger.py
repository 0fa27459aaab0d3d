from __future__ import annotations

import pytest

from trasloco.engine.fate import Tally
from trasloco.engine.ledger import Ledger
from trasloco.engine.memory_ledger import MemoryLedger
from trasloco.testing.ledger_contract import LedgerContract


class TestMemoryLedger(LedgerContract):
    @pytest.fixture
    def ledger(self) -> Ledger:
        return MemoryLedger()

    async def test_what_was_left_out_can_be_asked(self) -> None:
        ledger = MemoryLedger()
        await ledger.left_out(b"Trash", "Trash is left out", Tally(skipped=4))
        assert ledger.omitted == {b"Trash": ("Trash is left out", Tally(skipped=4))}
