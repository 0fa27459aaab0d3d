"""What a server does differently is said once in the log of a run, in words: so that figures which differ surprise nobody."""

from __future__ import annotations

from collections.abc import Iterable

from trasloco.engine.account import Side
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.imap.client import Client
from trasloco.imap.quirks import QUIRKS


def tell_oddities(side: Side, client: Client, told: set[str], sink: Sink) -> None:
    """An entry for each quirk that this server has shown and that ``told`` does not hold yet; it does then."""
    for quirk in QUIRKS:
        key = f"{side.name} {quirk.name}"
        if quirk.name in client.quirks and key not in told:
            told.add(key)
            where = f"{side.name.value.capitalize()} {side.endpoint}"
            words = f"{where} is a server with “{quirk.name}” (seen with {quirk.server}): {quirk.does}."
            sink.write(Entry(Level.INFO, "server-oddity", words))


def tell_all(pairs: Iterable[tuple[Side, Client]], told: set[str], sink: Sink) -> None:
    """The same of several."""
    for side, client in pairs:
        tell_oddities(side, client, told, sink)
