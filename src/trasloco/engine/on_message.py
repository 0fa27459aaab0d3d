"""The sentence of the log about one message that did not go over as it is."""

from __future__ import annotations

from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _


def on_message(uid: int, folder: str, size: int, reason: str) -> Sentence:
    """folder: as displayed. size: bytes. reason: that of its row, without a full stop."""
    return _("Message UID %(uid)s in “%(folder)s” (%(size)s bytes): %(why)s.", uid=str(uid), folder=folder, size=str(size), why=reason)
