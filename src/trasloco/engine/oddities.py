"""What a server does differently is said once in the log of a run, in words: so that figures which differ surprise nobody."""

from __future__ import annotations

from collections.abc import Iterable

from trasloco.engine.account import Side
from trasloco.engine.failure import SideName
from trasloco.engine.sink import Entry, Level, Sink
from trasloco.imap.client import Client
from trasloco.imap.quirks import QUIRKS, Quirk
from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _


def tell_oddities(side: Side, client: Client, told: set[str], sink: Sink) -> None:
    """An entry for each quirk that this server has shown and that ``told`` does not hold yet; it does then."""
    for quirk in QUIRKS:
        key = f"{side.name} {quirk.name}"
        if quirk.name in client.quirks and key not in told:
            told.add(key)
            sink.write(Entry(Level.INFO, "server-oddity", _words(side, quirk)))


def tell_all(pairs: Iterable[tuple[Side, Client]], told: set[str], sink: Sink) -> None:
    """The same of several."""
    for side, client in pairs:
        tell_oddities(side, client, told, sink)


def _words(side: Side, quirk: Quirk) -> Sentence:
    """Names of quirks and servers stand as the manual has them."""
    known = {"server": str(side.endpoint), "quirk": quirk.name, "kind": quirk.server, "why": quirk.does}
    if side.name is SideName.SOURCE:
        return _("Source %(server)s is a server with “%(quirk)s” (seen with %(kind)s): %(why)s.", **known)
    return _("Destination %(server)s is a server with “%(quirk)s” (seen with %(kind)s): %(why)s.", **known)
