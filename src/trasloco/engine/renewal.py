"""Some servers hang up after so many refusals, and would take with them what is on its way: be earlier.

Exchange closes after ten errors in a session. Before the tenth, and only while nothing is under way,
the connection is replaced by another one with the same folder open.
"""

from __future__ import annotations

from trasloco.engine.classify import blame
from trasloco.engine.identity import Place
from trasloco.imap import quirks

ENOUGH = 8
"""Refusals after which a connection is renewed: ten are one too many, and one may come in between."""


def weary(place: Place) -> bool:
    """Has this server said no so often that it will hang up soon?"""
    return quirks.TEN_ERRORS.name in place.client.quirks and place.client.refusals >= ENOUGH


async def renew_if_weary(place: Place) -> None:
    """Nothing may be under way at ``place``. Raises TransferError."""
    if weary(place):
        with blame(place.side, "changing to a new connection", place.folder):
            await place.client.renew(place.side.credentials)
