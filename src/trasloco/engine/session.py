"""Both sides of an account, signed in, with everything that its folders share in one attempt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from trasloco.engine.account import Settings, Side
from trasloco.engine.departures import Departures
from trasloco.engine.inbox_look import InboxLook
from trasloco.engine.labels import Labels
from trasloco.engine.ledger import Ledger
from trasloco.engine.pace import AccountPace
from trasloco.engine.precedence import Precedence
from trasloco.engine.reservations import Reservations
from trasloco.engine.sink import Sink
from trasloco.engine.strikes import Strikes
from trasloco.imap.client import Client


@dataclass(frozen=True, slots=True)
class Session:
    """Both sides of an account, signed in, and everything a folder needs to know of the run.
    several: other folders are worked on at the same time. labels: of a source whose folders are labels (Gmail).
    pace: None = as fast as it goes."""

    source_side: Side
    source: Client
    destination_side: Side
    destination: Client
    ledger: Ledger
    settings: Settings
    run: int
    sink: Sink
    strikes: Strikes
    departures: Departures
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    doubtful: bool = False
    precedence: Precedence = field(default_factory=Precedence)
    several: bool = False
    reservations: Reservations = field(default_factory=Reservations)
    labels: Labels | None = None
    pace: AccountPace | None = None
    inbox: InboxLook = field(default_factory=InboxLook)

    @property
    def distance(self) -> float:
        """Seconds of a round trip to the farther side."""
        return max(self.source.round_trip, self.destination.round_trip)
