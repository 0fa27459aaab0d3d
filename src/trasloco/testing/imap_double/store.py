"""The mail behind a double: mailboxes, folders, messages. Tests change it between runs, sessions read it meanwhile.

Names of folders are text with "/" between levels; how they look on the wire is the flavour's business.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

_WHEN = datetime(2024, 2, 1, 9, 0, tzinfo=UTC)


@dataclass
class Message:
    """refusal: what a FETCH of it is answered instead, "" = nothing.

    served: SHA-256 of each form in which it was handed out, in that order; a server that renders anew makes several.
    """

    uid: int
    content: bytes
    flags: frozenset[str] = frozenset()
    date: datetime = _WHEN
    served: list[str] = field(default_factory=list)
    refusal: str = ""

    @property
    def sha256(self) -> str:
        """Of the content as it was delivered."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def epoch(self) -> int:
        """The date in whole seconds since 1970."""
        return int(self.date.timestamp())


@dataclass
class Folder:
    """One folder. openable False: LIST shows it, SELECT refuses it. listed False: no client gets to see it (Exchange does so
    with folders that have a slash in their name)."""

    uidvalidity: int
    uidnext: int = 1
    messages: dict[int, Message] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()
    subscribed: bool = True
    openable: bool = True
    listed: bool = True


class Mailbox:
    """One user's mail, with an INBOX. ``lock`` is held by whoever reads or changes more than one thing."""

    def __init__(self, *folders: str) -> None:
        self.lock = threading.RLock()
        self.folders: dict[str, Folder] = {}
        self._validity = 1000
        for name in ("INBOX", *folders):
            self.create(name)

    def create(self, name: str, *, attributes: Iterable[str] = (), subscribed: bool = True, openable: bool = True) -> Folder:
        """A new, empty folder."""
        with self.lock:
            self._validity += 1
            folder = self.folders[name] = Folder(self._validity, attributes=tuple(attributes), subscribed=subscribed, openable=openable)
            return folder

    def add(self, name: str, content: bytes, *, flags: Iterable[str] = (), date: datetime = _WHEN) -> int:
        """A message arrives; the folder is made if need be. Returns the UID."""
        with self.lock:
            folder = self.folders.get(name) or self.create(name)
            uid, folder.uidnext = folder.uidnext, folder.uidnext + 1
            folder.messages[uid] = Message(uid, content, frozenset(flags), date)
            return uid

    def flag(self, name: str, uid: int, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Its owner marks a message."""
        with self.lock:
            message = self.folders[name].messages[uid]
            message.flags = (message.flags | frozenset(add)) - frozenset(remove)

    def remove(self, name: str, uid: int) -> None:
        """Its owner deletes it."""
        with self.lock:
            del self.folders[name].messages[uid]

    def move(self, name: str, uid: int, target: str) -> int:
        """Its owner puts it into another folder, where it gets a new UID."""
        with self.lock:
            message = self.folders[name].messages.pop(uid)
            moved = self.add(target, message.content, flags=message.flags, date=message.date)
            self.folders[target].messages[moved].served = message.served
            return moved

    def rename(self, name: str, target: str) -> None:
        """A folder with all below it; numbers stay (RFC 9051 6.3.6)."""
        with self.lock:
            for each in [known for known in self.folders if known == name or known.startswith(name + "/")]:
                self.folders[target + each[len(name) :]] = self.folders.pop(each)

    def messages(self, *, without: Iterable[str] = ()) -> Counter[tuple[tuple[str, ...], str, int, frozenset[str], int]]:
        """All messages in the form of ``Snapshot.messages``; ``without`` these folders and all below them."""
        left_out = tuple(without)
        with self.lock:
            return Counter(
                (
                    tuple(name.split("/")),
                    message.sha256,
                    len(message.content),
                    frozenset(flag.lower() if flag.startswith("\\") else flag for flag in message.flags),
                    message.epoch,
                )
                for name, folder in self.folders.items()
                for message in folder.messages.values()
                if not any(name == each or name.startswith(each + "/") for each in left_out)
            )
