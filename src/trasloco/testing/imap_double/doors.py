"""Who is let in, and where to: passwords, tokens, administrators. A double asks its door at each login.

door = Door()
door.password("anna@old.example", "secret", mailbox)
door.tokens(lambda user, token: endpoint.opens(token) in ("", user), {"anna@old.example": mailbox})
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping

from trasloco.testing.imap_double.store import Mailbox


class Door:
    """Knows logins as the bytes that come. ``tried``: attempts for each login name; ``wrong``: refused ones among them.

    shut_out: whoever may sign in, but is not let into his mailbox (Exchange). locked_after: wrong passwords, 0 = never.
    """

    def __init__(self, *, locked_after: int = 0) -> None:
        self.tried: Counter[bytes] = Counter()
        self.wrong: Counter[bytes] = Counter()
        self.shut_out: set[str] = set()
        self.locked_after = locked_after
        self._passwords: dict[tuple[bytes, bytes], tuple[bytes, Mailbox]] = {}
        self._boxes: Mapping[str, Mailbox] = {}
        self._valid: Callable[[str, str], bool] = lambda _user, _token: False
        self._lock = threading.Lock()

    def password(self, login: str | bytes, password: str | bytes, mailbox: Mailbox, *, acting_as: str = "") -> None:
        """This login name with this password opens that mailbox; ``acting_as``: only by that authorization identity."""
        self._passwords[_bytes(login), acting_as.encode()] = _bytes(password), mailbox

    def tokens(self, valid: Callable[[str, str], bool], boxes: Mapping[str, Mailbox]) -> None:
        """``valid(user, token)`` is asked at the login, and at each command after it."""
        self._valid, self._boxes = valid, boxes

    def by_password(self, login: bytes, password: bytes, acting_as: bytes = b"") -> Mailbox | None:
        """The mailbox, or None = refused."""
        with self._lock:
            self.tried[login] += 1
            known = self._passwords.get((login, b"" if acting_as == login else acting_as))
            locked = self.locked_after and self.wrong[login] >= self.locked_after
            if known is None or known[0] != password or locked:
                self.wrong[login] += 1
                return None
            return known[1]

    def by_token(self, user: str, token: str) -> Mailbox | None:
        """The mailbox, or None = refused."""
        with self._lock:
            self.tried[user.encode()] += 1
            box = self._boxes.get(user)
            if box is None or not self._valid(user, token):
                self.wrong[user.encode()] += 1
                return None
            return box

    def still_open(self, user: str, token: str) -> bool:
        """Whether a token that opened a session is good for one more command."""
        return self._valid(user, token)


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
