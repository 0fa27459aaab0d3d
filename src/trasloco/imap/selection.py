"""What SELECT and EXAMINE tell, gathered from their untagged answers (RFC 9051 6.3.2, RFC 7162 3.2.5)."""

from __future__ import annotations

import re

from trasloco.imap.fetch_response import parse_flags
from trasloco.imap.responses import Exists, FlagList, Response, UntaggedStatus, Vanished
from trasloco.imap.values import Fetched, Resync, Selected, StatusText

ANSWERS = (Exists, FlagList, UntaggedStatus)
RESYNC_ANSWERS = (*ANSWERS, Vanished, Fetched)

_OBJECT_ID = re.compile(rb"\(([A-Za-z0-9_-]{1,255})\)")  # RFC 8474 7


class Selection:
    """Takes the answers to one SELECT; ``selected`` is their sum."""

    def __init__(self, name: bytes, *, read_only: bool) -> None:
        self._name = name
        self._read_only = read_only
        self._forget()

    def _forget(self) -> None:
        self._exists = 0
        self._flags: frozenset[str] = frozenset()
        self._permanent: frozenset[str] | None = None
        self._numbers: dict[str, int] = {}
        self._sticky = True
        self._mailbox_id = ""
        self._vanished: list[tuple[int, int]] = []
        self._changed: dict[int, Fetched] = {}

    def take(self, response: Response) -> None:
        """One untagged answer."""
        if isinstance(response, Exists):
            self._exists = response.count
        elif isinstance(response, FlagList):
            self._flags = response.flags
        elif isinstance(response, UntaggedStatus):
            self._take_code(response.status)
        elif isinstance(response, Vanished):
            self._vanished += response.uids if response.earlier else ()
        elif isinstance(response, Fetched) and response.uid is not None:
            self._changed[response.uid] = response

    @property
    def entries(self) -> int:
        """How much of the answer is kept."""
        return len(self._vanished) + len(self._changed)

    def resync(self, uidvalidity: int) -> Resync | None:
        """What has changed; None when the mailbox has another UIDVALIDITY: then nothing known of it holds."""
        if self._numbers.get("UIDVALIDITY") != uidvalidity or "HIGHESTMODSEQ" not in self._numbers:
            return None
        return Resync(tuple(self._vanished), tuple(self._changed.values()))

    def _take_code(self, status: StatusText) -> None:
        if status.code in ("UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ"):
            self._numbers[status.code] = int(status.arguments)
        elif status.code == "PERMANENTFLAGS":
            self._permanent = parse_flags(status.arguments[1:].rpartition(b")")[0])
        elif status.code == "UIDNOTSTICKY":
            self._sticky = False
        elif status.code == "MAILBOXID":
            found = _OBJECT_ID.fullmatch(status.arguments)
            self._mailbox_id = found.group(1).decode("ascii") if found is not None else ""
        elif status.code == "CLOSED":  # what came before was about the mailbox left (RFC 7162 3.2.11)
            self._forget()

    def selected(self, status: StatusText) -> Selected:
        """The whole, once the tagged OK is there."""
        self._take_code(status)
        return Selected(
            self._name,
            self._exists,
            self._numbers.get("UIDVALIDITY"),
            self._numbers.get("UIDNEXT"),
            self._flags,
            self._permanent,
            self._numbers.get("HIGHESTMODSEQ"),
            self._read_only or status.code == "READ-ONLY",
            self._sticky,
            self._mailbox_id,
        )
