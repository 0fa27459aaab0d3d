"""Source folders whose lists are asked for while the destination's folders are still being made.

For a mailbox that is far away, small and new: all of it is likely to go together (see ``together``), and a round trip is
spared. Where it turns out otherwise the lists are not used: a folder that is listed early and brought late would keep those
waiting that must come after it (see ``precedence``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from trasloco.engine.identity import Place
from trasloco.engine.opening import Listed, listed
from trasloco.engine.session import Session
from trasloco.imap.utf7 import decode_name
from trasloco.imap.values import Mailbox


class EarlyLists:
    """Begins when it is made. tree: the source's folders as listed, few messages in all."""

    def __init__(self, session: Session, tree: Sequence[Mailbox]) -> None:
        self._precedence = session.precedence
        self._lists: dict[bytes, tuple[int, asyncio.Future[Listed]]] = {}
        wanted = [mailbox for mailbox in tree if mailbox.selectable and mailbox.status is not None and mailbox.status.messages]
        for mailbox in wanted:
            place = Place(session.source_side, session.source, decode_name(mailbox.name))
            number = self._precedence.begin()
            asked = asyncio.ensure_future(listed(place, mailbox.name, mailbox.status))
            self._lists[mailbox.name] = number, asked

    def take(self, name: bytes) -> tuple[int, asyncio.Future[Listed]] | None:
        """Of one folder, once: its number in ``precedence`` and what is listed of it."""
        return self._lists.pop(name, None)

    def drop(self) -> None:
        """Those that were not taken are not going to be: what comes for them is let go."""
        for number, asked in self._lists.values():
            self._precedence.done(number)
            asked.add_done_callback(_look_at)
        self._lists.clear()


def _look_at(asked: asyncio.Future[Listed]) -> None:
    if not asked.cancelled():
        asked.exception()  # asyncio would complain about what nobody looked at
