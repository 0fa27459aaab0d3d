"""Everything in a mailbox, read back over IMAP: what the acceptance tests compare.

    before = Snapshot.read(server.host, server.port, "anna", "secret")
    assert before.messages() == after.messages()

Read with ``testing.wire``, not with the code under test. Bodies are reduced to SHA-256 as they
come; one message at a time is in memory.
"""

from __future__ import annotations

import calendar
import hashlib
import re
import ssl
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

from trasloco.testing.mailbox_tree import MailboxTree, Path
from trasloco.testing.wire import Response, Wire, quoted

_MONTHS = {name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
_DATE = re.compile(rb'INTERNALDATE "([ \d]\d)-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"', re.I)
_FLAGS = re.compile(rb"FLAGS \(([^)]*)\)", re.I)
_NUMBER = {name: re.compile(rb"\b" + name + rb" (\d+)", re.I) for name in (b"UID", b"RFC822.SIZE")}
_BODY = re.compile(rb'BODY\[\] (?:\{\d+\}|"((?:[^"\\]|\\.)*)"|NIL)', re.I | re.S)
_UNTOLD = frozenset({"\\recent"})


class Entry(NamedTuple):
    """One message. flags: as sent, without \\Recent, system flags in lower case. epoch: INTERNALDATE in seconds."""

    uid: int
    sha256: str
    size: int
    flags: frozenset[str]
    epoch: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One mailbox at one moment.

    folders: path -> messages in UID order; folders that cannot be selected are in ``containers``.
    roles: path -> lower-case special-use attributes, where there are any.
    uidvalidity: path -> number.
    """

    folders: dict[Path, list[Entry]]
    containers: frozenset[Path]
    subscribed: frozenset[Path]
    roles: dict[Path, frozenset[str]]
    uidvalidity: dict[Path, int]

    @classmethod
    def read(cls, host: str, port: int, user: str, password: str, *, acting_as: str = "", tls: ssl.SSLContext | None = None) -> Self:
        """Log in and read all of it. Raises WireRefused."""
        with Wire(host, port, tls=tls) as wire:
            wire.login(user, password, acting_as=acting_as)
            tree = MailboxTree(wire)
            listed = tree.folders()
            validity: dict[Path, int] = {}
            folders: dict[Path, list[Entry]] = {}
            for folder in listed:
                if folder.selectable:
                    validity[folder.path] = _examine(wire, folder.wire)
                    folders[folder.path] = sorted(_entries(wire))
            return cls(
                folders,
                frozenset(folder.path for folder in listed if not folder.selectable),
                frozenset(tree.subscribed()),
                {folder.path: roles for folder in listed if (roles := folder.attributes & _ROLES)},
                validity,
            )

    @staticmethod
    def each(host: str, port: int, user: str, password: str) -> Iterator[tuple[Path, Iterator[Entry]]]:
        """Folder by folder, message by message, in the server's order; nothing is kept. Raises WireRefused.

        The messages of a folder are to be taken before the next folder is asked for.
        """
        with Wire(host, port) as wire:
            wire.login(user, password)
            for folder in MailboxTree(wire).folders():
                if folder.selectable:
                    _examine(wire, folder.wire)
                    yield folder.path, _entries(wire)

    def __getitem__(self, name: str | Path) -> list[Entry]:
        """The messages of one folder: a path, or its names joined with "/"."""
        return self.folders[tuple(name.split("/")) if isinstance(name, str) else name]

    @property
    def total(self) -> int:
        return sum(map(len, self.folders.values()))

    def messages(self, *, flags: bool = True, dates: bool = True) -> Counter[tuple[Path, str, int, frozenset[str], int]]:
        """All messages without their UIDs, counted: equal on both sides after a whole copy."""
        return Counter(
            (path, entry.sha256, entry.size, entry.flags if flags else frozenset(), entry.epoch if dates else 0)
            for path, entries in self.folders.items()
            for entry in entries
        )

    def digests(self) -> Counter[str]:
        """How often each content is there, whatever the folder."""
        return Counter(entry.sha256 for entries in self.folders.values() for entry in entries)


_ROLES = frozenset({"\\all", "\\archive", "\\drafts", "\\flagged", "\\important", "\\junk", "\\sent", "\\trash"})


def _examine(wire: Wire, name: bytes) -> int:
    for response in wire.command(b"EXAMINE " + quoted(name)):
        if match := re.search(rb"\[UIDVALIDITY (\d+)", response.text, re.I):
            return int(match[1])
    return 0


def _entries(wire: Wire) -> Iterator[Entry]:
    tag = wire.tag()
    wire.send(tag + b" UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])\r\n")
    while not (response := wire.read()).text.startswith(tag + b" "):
        if re.match(rb"\* \d+ FETCH ", response.text, re.I) and b"BODY[]" in response.text:
            yield _entry(response)
    if b" OK" not in response.text[:12].upper():
        raise AssertionError(f"the server refused to be read: {response.text!r}")


def _entry(response: Response) -> Entry:
    text = response.text
    body = _BODY.search(text)
    assert body is not None, text
    content = response.literals[0] if response.literals else re.sub(rb"\\(.)", rb"\1", body[1] or b"")
    around = text[: body.start()] + text[body.end() :]  # a short body may come quoted: its words are not items
    uid, size, flags = _NUMBER[b"UID"].search(around), _NUMBER[b"RFC822.SIZE"].search(around), _FLAGS.search(around)
    if not (uid and size and flags):
        raise AssertionError(f"an incomplete FETCH response: {text!r}")
    told = (flag.decode("utf-8") for flag in flags[1].split())
    kept = frozenset(flag.lower() if flag.startswith("\\") else flag for flag in told) - _UNTOLD
    return Entry(int(uid[1]), hashlib.sha256(content).hexdigest(), int(size[1]), kept, _epoch(around))


def _epoch(text: bytes) -> int:
    match = _DATE.search(text)
    assert match is not None, text
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    offset = (int(zone_hours) * 60 + int(zone_minutes)) * (-60 if sign == b"-" else 60)
    return calendar.timegm((int(year), _MONTHS[month.title()], int(day), int(hour), int(minute), int(second))) - offset
