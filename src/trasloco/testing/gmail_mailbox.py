"""A Gmail mailbox as IMAP shows it: messages with labels, and each label a folder with UIDs of its own.

Driven by what is recorded of the real one (Gmail's IMAP extensions, developers.google.com/workspace/gmail/imap):

- A message is in All Mail once, whatever its labels, and in the folder of every label it has, there under another UID. One
  in the Spam or the Trash is in no other folder.
- To remove it from a label's folder takes the label off; who comes back to a folder gets a new UID there.
- ``X-GM-MSGID`` is the message's own number everywhere; flags are the message's and not the folder's; ``\\Flagged`` is the star.
- The folders below ``[Gmail]`` have localised names and are known by their attributes (RFC 6154); Chats has none. Each can be
  hidden from IMAP, and so can a user's label: then it is not listed, and messages keep it in ``X-GM-LABELS`` all the same.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

SYSTEM = {
    "\\All": "All Mail",
    "\\Drafts": "Drafts",
    "\\Flagged": "Starred",
    "\\Important": "Important",
    "\\Junk": "Spam",
    "\\Sent": "Sent Mail",
    "\\Trash": "Trash",
}
"""Attribute -> name below [Gmail] in English."""

_LABEL_OF = {"\\Drafts": "\\Draft", "\\Sent": "\\Sent", "\\Important": "\\Important"}
_ELSEWHERE = ("\\Spam", "\\Trash")


@dataclass(slots=True)
class GmailMessage:
    """labels: as in X-GM-LABELS, system ones with a backslash; ``\\Spam`` and ``\\Trash`` stand for those folders.
    epoch: seconds of INTERNALDATE. category: the tab of the inbox it is in, "" for the first one."""

    msgid: int
    content: bytes
    labels: set[str]
    flags: set[str]
    epoch: int
    category: str = ""
    chat: bool = False
    modseq: int = 1

    @property
    def thrown_away(self) -> bool:
        return any(label in self.labels for label in _ELSEWHERE)


@dataclass(slots=True)
class GmailFolder:
    """One folder of the list. attribute: its special use, "" for a label of the user. uids: msgid -> UID, in order of UID."""

    name: str
    attribute: str = ""
    hidden: bool = False
    uidvalidity: int = 1
    uidnext: int = 1
    uids: dict[int, int] = field(default_factory=dict)

    def shows(self, message: GmailMessage) -> bool:
        if self.attribute == "\\Junk":
            return "\\Spam" in message.labels
        if self.attribute == "\\Trash":
            return "\\Trash" in message.labels
        if message.thrown_away or message.chat:
            return message.chat and self.attribute == "chats"
        if self.attribute == "\\All":
            return True
        if self.attribute == "\\Flagged":
            return "\\Flagged" in message.flags
        return self.label in message.labels

    @property
    def label(self) -> str:
        return "\\Inbox" if self.name == "INBOX" else _LABEL_OF.get(self.attribute, self.name)


class GmailMailbox:
    """The mailbox, and how another client or the web page changes it. Names of folders are decoded, "/" between levels.

    names: attribute -> name below ``root``, where it is not the English one. fetched: how often each body was asked for.
    """

    def __init__(self, *, names: dict[str, str] | None = None, root: str = "[Gmail]") -> None:
        self.root, self.fetched = root, Counter[int]()
        self.messages: dict[int, GmailMessage] = {}
        self.folders: dict[str, GmailFolder] = {}
        self.modseq = 1
        self._last_msgid = 1_278_455_344_230_334_865
        self._add_folder(GmailFolder("INBOX"))
        for attribute, english in SYSTEM.items():
            self._add_folder(GmailFolder(f"{root}/{(names or {}).get(attribute, english)}", attribute))

    def folder(self, attribute: str) -> GmailFolder:
        """The one with this special use."""
        return next(folder for folder in self.folders.values() if folder.attribute == attribute)

    def add_label(self, name: str, *, hidden: bool = False) -> None:
        """A label of the user; hidden: not shown in IMAP."""
        if name not in self.folders:
            self._add_folder(GmailFolder(name, hidden=hidden))

    def add_chats(self, name: str = "Chats") -> None:
        """Show Chats in IMAP, as the settings allow."""
        self._add_folder(GmailFolder(f"{self.root}/{name}", "chats"))

    def _add_folder(self, folder: GmailFolder) -> None:
        folder.uidvalidity = 600 + len(self.folders)
        self.folders[folder.name] = folder
        for message in self.messages.values():
            self._place(message, [folder])

    def add(
        self, content: bytes, labels: Iterable[str] = (), flags: Iterable[str] = (), *, epoch: int = 1_700_000_000, category: str = ""
    ) -> int:
        """New mail; its X-GM-MSGID. Labels of the user are made when there are none."""
        self._last_msgid += 0x10001
        message = GmailMessage(self._last_msgid, content, set(labels), set(flags), epoch, category)
        return self._enter(message)

    def add_chat(self, content: bytes) -> int:
        self._last_msgid += 0x10001
        return self._enter(GmailMessage(self._last_msgid, content, set(), {"\\Seen"}, 1_700_000_000, chat=True))

    def _enter(self, message: GmailMessage) -> int:
        for label in sorted(message.labels):
            if not label.startswith("\\"):
                self.add_label(label)
        self.messages[message.msgid] = message
        self._changed(message)
        return message.msgid

    def label(self, msgid: int, *labels: str) -> None:
        """Put labels on; out of the Spam and the Trash it comes back by that."""
        message = self.messages[msgid]
        message.labels.difference_update(_ELSEWHERE)
        message.labels.update(labels)
        for label in labels:
            if not label.startswith("\\"):
                self.add_label(label)
        self._changed(message)

    def unlabel(self, msgid: int, *labels: str) -> None:
        message = self.messages[msgid]
        message.labels.difference_update(labels)
        self._changed(message)

    def archive(self, msgid: int) -> None:
        """The button of the web page: out of the inbox."""
        self.unlabel(msgid, "\\Inbox")

    def delete(self, msgid: int) -> None:
        """Into the Trash: out of every other folder."""
        self.messages[msgid].labels.add("\\Trash")
        self._changed(self.messages[msgid])

    def flag(self, msgid: int, *flags: str) -> None:
        self.messages[msgid].flags.update(flags)
        self._changed(self.messages[msgid])

    def unflag(self, msgid: int, *flags: str) -> None:
        self.messages[msgid].flags.difference_update(flags)
        self._changed(self.messages[msgid])

    def expunge(self, msgid: int) -> None:
        """For good."""
        message = self.messages.pop(msgid)
        for folder in self.folders.values():
            folder.uids.pop(message.msgid, None)
        self.modseq += 1

    def _changed(self, message: GmailMessage) -> None:
        self.modseq += 1
        message.modseq = self.modseq
        self._place(message, self.folders.values())

    def _place(self, message: GmailMessage, folders: Iterable[GmailFolder]) -> None:
        """Into the folders that show it now and out of the others."""
        for folder in folders:
            if not folder.shows(message):
                folder.uids.pop(message.msgid, None)
            elif message.msgid not in folder.uids:
                folder.uids[message.msgid] = folder.uidnext
                folder.uidnext += 1

    def labels_shown(self, message: GmailMessage, folder: GmailFolder) -> list[str]:
        """X-GM-LABELS of a message in this folder: the folder's own label is not told, the star is one."""
        labels = {label for label in message.labels if label not in _ELSEWHERE}
        if "\\Flagged" in message.flags:
            labels.add("\\Starred")
        own = "\\Starred" if folder.attribute == "\\Flagged" else folder.label
        return sorted(labels - {own})

    def contents(self, name: str) -> Counter[str]:
        """SHA-256 of what a folder shows, to be compared with a snapshot of the destination."""
        shown = (self.messages[msgid].content for msgid in self.folders[name].uids)
        return Counter(hashlib.sha256(content).hexdigest() for content in shown)

    def archived(self) -> Counter[str]:
        """The same of what is in All Mail and in no folder of a label that IMAP shows."""
        places = [
            folder
            for folder in self.folders.values()
            if not folder.hidden and folder.attribute not in ("\\All", "\\Flagged", "\\Important", "\\Junk", "\\Trash", "chats")
        ]
        found: Counter[str] = Counter()
        for msgid in self.folder("\\All").uids:
            if not any(msgid in folder.uids for folder in places):
                found[hashlib.sha256(self.messages[msgid].content).hexdigest()] += 1
        return found
