"""The owner of a mailbox who goes on using it while it is moved: he gets mail, files it, deletes it, sets flags; he makes folders,
renames them, deletes them, and makes them anew under their old name. What he does next is drawn by lot."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from trasloco.testing.mailbox_filler import Mail
from trasloco.testing.mailbox_tree import Path
from trasloco.testing.rehearsal import Line
from trasloco.testing.snapshot import Entry, Snapshot
from trasloco.testing.wire import WireRefused

FOLDERS: tuple[Path, ...] = (("INBOX",), ("Alfa",), ("Beta",), ("Beta", "Gamma"), ("Delta",), ("Büro",))
_LEFT_OUT = frozenset({"Trash", "Junk", "Spam"})
_TWIN = Mail(b"Message-ID: <twin@x>\r\nSubject: twin\r\n\r\nsame\r\n", date=datetime(2020, 2, 29, 12, tzinfo=UTC))
_FLAGS = ((), ("\\Seen",), ("\\Seen", "\\Answered"), ("\\Flagged",), ("$Forwarded",))
_CHANGES = ("\\Seen", "\\Flagged", "\\Answered", "$Forwarded")
_DEEDS = {"get": 4, "file": 4, "flag": 3, "delete": 2, "make": 1, "rename": 1, "remove": 1, "renew": 1}
_MOST = 6  # messages that he takes at a time


class MailboxOwner:
    """Works on the server behind ``line``, past its proxy. twins: the share of messages that are all alike.

    ever: how many messages of each content (SHA-256) he was ever sent. did: what he did, for people."""

    def __init__(self, line: Line, user: str, rng: random.Random, *, twins: float = 0.1) -> None:
        self._line, self._user, self._rng, self._twins = line, user, rng, twins
        self._number = 0
        self.ever: Counter[str] = Counter()
        self.did: list[str] = []

    def begin(self, most: int) -> None:
        """The mailbox as it is before anything is moved. most: messages of a folder."""
        with self._line.filler(self._user) as filler:
            for path in FOLDERS:
                filler.create(path)
                filler.append(path, self._mails(self._rng.randint(0, most)))

    def act(self) -> None:
        """One thing more."""
        deed = self._rng.choices(list(_DEEDS), list(_DEEDS.values()))[0]
        snapshot = self._line.snapshot(self._user)
        try:
            words = getattr(self, f"_{deed}")(snapshot)
        except WireRefused as error:
            words = f"refused: {error}"
        self.did.append(f"{deed} {words}")

    def _mails(self, count: int) -> list[Mail]:
        return [self._mail() for _ in range(count)]

    def _mail(self) -> Mail:
        self._number += 1
        number = self._number
        if self._rng.random() < self._twins:
            mail = _TWIN
        else:
            text = b"line %d\r\n" % number * self._rng.choice((1, 20, 200, 900))
            content = b"Message-ID: <%d@x>\r\nSubject: letter %d\r\nFrom: a@example.org\r\n\r\n%s" % (number, number, text)
            mail = Mail(content, self._rng.choice(_FLAGS), datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=number))
        self.ever[hashlib.sha256(mail.content).hexdigest()] += 1
        return mail

    def _name(self, beginning: str) -> Path:
        self._number += 1
        return (f"{beginning} {self._number}",)

    # -- what he does

    def _get(self, snapshot: Snapshot) -> str:
        path, mails = self._rng.choice(_folders(snapshot)), self._mails(self._rng.randint(1, 5))
        with self._line.filler(self._user) as filler:
            filler.append(path, mails)
        return f"{len(mails)} in {path}"

    def _file(self, snapshot: Snapshot) -> str:
        path, entries = self._some(snapshot)
        to = self._rng.choice([other for other in _folders(snapshot) if other != path] or [path])
        with self._line.filler(self._user) as filler:
            filler.move(path, [entry.uid for entry in entries], to)
        return f"{[entry.uid for entry in entries]} of {path} in {to}"

    def _flag(self, snapshot: Snapshot) -> str:
        path, entries = self._some(snapshot)
        change, flag = self._rng.choice(("+FLAGS", "-FLAGS")), self._rng.choice(_CHANGES)
        with self._line.filler(self._user) as filler:
            filler.store(path, [entry.uid for entry in entries], change, flag)
        return f"{[entry.uid for entry in entries]} of {path}: {change} {flag}"

    def _delete(self, snapshot: Snapshot) -> str:
        path, entries = self._some(snapshot)
        with self._line.filler(self._user) as filler:
            filler.delete(path, [entry.uid for entry in entries])
        return f"{[entry.uid for entry in entries]} of {path}"

    def _make(self, snapshot: Snapshot) -> str:
        path = self._name("New")
        with self._line.filler(self._user) as filler:
            filler.create(path)
            filler.append(path, self._mails(self._rng.randint(0, 5)))
        return str(path)

    def _rename(self, snapshot: Snapshot) -> str:
        path, to = self._leaf(snapshot), self._name("Renamed")
        with self._line.filler(self._user) as filler:
            filler.rename(path, to)
        return f"{path} to {to}"

    def _remove(self, snapshot: Snapshot) -> str:
        path = self._leaf(snapshot)
        with self._line.filler(self._user) as filler:
            filler.remove(path)
        return str(path)

    def _renew(self, snapshot: Snapshot) -> str:
        """The same messages in a new folder of the same name."""
        path = self._leaf(snapshot)
        with self._line.filler(self._user) as filler:
            filler.create(("Anew",))
            if snapshot[path]:
                filler.move(path, None, ("Anew",))
        with self._line.filler(self._user) as filler:  # Dovecot ends a session that deletes the folder it has open
            filler.remove(path)
            filler.rename(("Anew",), path)
        return str(path)

    def _some(self, snapshot: Snapshot) -> tuple[Path, Sequence[Entry]]:
        """Messages side by side. Raises WireRefused when there are none at all."""
        full = [path for path in _folders(snapshot) if snapshot[path]]
        if not full:
            raise WireRefused("no message is left")
        path = self._rng.choice(full)
        first = self._rng.randrange(len(snapshot[path]))
        return path, snapshot[path][first : first + self._rng.randint(1, _MOST)]

    def _leaf(self, snapshot: Snapshot) -> Path:
        folders = _folders(snapshot)
        leaves = [path for path in folders if path != ("INBOX",) and not _has_below(folders, path)]
        if not leaves:
            raise WireRefused("no folder is left but INBOX")
        return self._rng.choice(leaves)


def _folders(snapshot: Snapshot) -> list[Path]:
    return sorted(path for path in snapshot.folders if path[0] not in _LEFT_OUT)


def _has_below(folders: Sequence[Path], path: Path) -> bool:
    return any(other != path and other[: len(path)] == path for other in folders)
