"""What has come into the destination's folder that nobody told us of: a NO does not always mean that nothing was stored.

Asked only after a NO without a response code (RFC 5530 names why something was not done), and only of UIDs that
are higher than those known when the refused messages were sent.
"""

from __future__ import annotations

from collections.abc import Iterable

from trasloco.engine.classify import blame
from trasloco.engine.failure import Scope
from trasloco.engine.identity import Place
from trasloco.imap.errors import CommandFailed


def may_be_stored(refusal: CommandFailed) -> bool:
    """Whether the words leave it open: BAD was not carried out, and a code says that and why nothing was stored."""
    return not refusal.is_bad and not refusal.status.code


def may_come_late(refusal: CommandFailed) -> bool:
    """Whether the server has lost itself in the middle (RFC 5530 SERVERBUG, UNAVAILABLE; or it says in free words to come
    again): what it was given may be stored, and may even be seen a moment later only. Met with Dovecot, when
    another client deletes or renames the folder at that moment."""
    return not refusal.is_bad and refusal.status.code in ("", "SERVERBUG", "UNAVAILABLE")


class Arrivals:
    """Of the folder that is open on ``place``. UIDs that an APPEND told are ours; they come in runs, and are kept so."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._runs: list[tuple[int, int]] = []

    def ours(self, uids: Iterable[int]) -> None:
        """These came by our own APPENDs, and are known."""
        for uid in uids:
            first, last = self._runs[-1] if self._runs else (0, -1)
            if uid == last + 1:
                self._runs[-1] = (first, uid)
            else:
                self._runs.append((uid, uid))

    async def since(self, uidnext: int) -> list[int]:
        """The UIDs from ``uidnext`` on that are nobody's we know of. Nothing of ours may be on its way. Raises TransferError."""
        place = self._place
        with blame(place.side, "looking whether a refused message was stored", place.folder, Scope.FOLDER):
            await place.client.noop()
            answers = place.client.fetch(f"{uidnext}:*", ("UID",))
            there = {item.uid async for item in answers if item.uid is not None and item.uid >= uidnext}
        return sorted(uid for uid in there if not any(first <= uid <= last for first, last in self._runs))
