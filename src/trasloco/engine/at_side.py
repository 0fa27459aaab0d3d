"""The sentence that says at which server something was met."""

from __future__ import annotations

from trasloco.engine.failure import SideName
from trasloco.imap.endpoint import Endpoint
from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _


def at_side(name: SideName, endpoint: Endpoint, clause: str) -> Sentence:
    """clause: without its full stop. "Source imap.example.net:993: the folder list could not be read."."""
    if name is SideName.SOURCE:
        return _("Source %(server)s: %(clause)s.", server=str(endpoint), clause=clause)
    return _("Destination %(server)s: %(clause)s.", server=str(endpoint), clause=clause)
