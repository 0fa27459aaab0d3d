"""What everybody who works on one folder is given: values only."""

from __future__ import annotations

from dataclasses import dataclass

from trasloco.engine.account import Settings
from trasloco.engine.identity import Place
from trasloco.engine.inventory import Inventory
from trasloco.engine.ledger import Ledger
from trasloco.engine.pace import AccountPace


@dataclass(frozen=True, slots=True)
class Job:
    """One folder of one account in one run: where, of what, into which ledger, by which rules.

    name: the destination folder's wire bytes. new: never opened before, so that the ledger holds nothing of it.
    pace: None = as fast as it goes.
    """

    source: Place
    destination: Place
    name: bytes
    inventory: Inventory
    ledger: Ledger
    folder_id: int
    settings: Settings
    run: int
    new: bool = False
    pace: AccountPace | None = None
