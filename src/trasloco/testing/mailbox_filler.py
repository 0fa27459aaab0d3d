"""Fills a mailbox over IMAP, as fast as the server takes it, and changes it afterwards.

    with MailboxFiller(server.host, server.port, "anna", "secret") as filler:
        filler.fill(Letters(1), 2000)

Messages go in MULTIAPPEND (RFC 3502) with LITERAL+ (RFC 7888) where the server has them, in
pipelined APPENDs where it has only the latter, else one by one.
"""

from __future__ import annotations

import contextlib
import random
import ssl
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_tree import MailboxTree, Path
from trasloco.testing.wire import Wire, WireRefused, quoted

_BATCH_COUNT = 100
_BATCH_BYTES = 4 << 20
_AHEAD = 32  # commands sent before the first answer is read: far less than a socket buffer holds of answers
_MOST_NUMBERS = 500  # of one command: a server takes lines of 8,000 bytes (RFC 7162 section 4)

FOLDERS: tuple[Path, ...] = (
    ("INBOX",),
    ("Sent",),
    ("Drafts",),
    ("Archive",),
    ("Archive", "2024"),
    ("Archive", "2024", "Q1 & Q2"),
    ("Rechnungen",),
    ("Büro",),
    ("Büro", "Verträge und Übergaben"),
    ("Проекты",),
    ("日本語 フォルダ",),
    ("R&D",),
    ("Famille", "Photos d'été"),
    ("Clients", "Miller & Sons, Ltd"),
    ("🎉 Fêtes",),
)
_KEYWORDS = ("$Forwarded", "$MDNSent", "$Label1", "NonJunk", "Important")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to store: exact bytes, flags and keywords, INTERNALDATE (None: the server's now)."""

    content: bytes
    flags: tuple[str, ...] = ()
    date: datetime | None = None


class MailboxFiller:
    """One connection that writes. Every method raises WireRefused with the server's words."""

    def __init__(self, host: str, port: int, user: str, password: str, *, acting_as: str = "", tls: ssl.SSLContext | None = None) -> None:
        self._wire = Wire(host, port, tls=tls).login(user, password, acting_as=acting_as)
        self.tree = MailboxTree(self._wire)
        self._known: set[Path] = {folder.path for folder in self.tree.folders()} | {("INBOX",)}
        self._plus = "LITERAL+" in self._wire.capabilities
        self._many = self._plus and "MULTIAPPEND" in self._wire.capabilities

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()

    def fill(self, letters: Letters, count: int, folders: Sequence[Path] = FOLDERS) -> None:
        """``count`` letters over ``folders`` (about half in the first), with flags, keywords and dates of years.

        What is meant for a folder whose name the server does not take goes into the first.
        """
        rng = random.Random(f"{letters.seed} {count}")
        shares: dict[Path, list[Mail]] = {path: [] for path in folders}
        for letter in letters.take(count):
            path = folders[0] if rng.random() < 0.5 else rng.choice(folders)
            shares[path].append(Mail(letter.content, some_flags(rng), letter.date))
        for path, mails in shares.items():
            subscribe = path == ("INBOX",) or rng.random() < 0.8
            try:
                self.create(path, subscribe=subscribe)
            except WireRefused:  # Courier knows no characters beyond U+FFFF in names
                path = folders[0]
            self.append(path, mails)

    def create(self, path: Path, *, subscribe: bool = True) -> None:
        """Make a folder and those above it, unless it is there already."""
        for depth in range(1, len(path) + 1):
            if path[:depth] not in self._known:
                with contextlib.suppress(WireRefused) if depth < len(path) else contextlib.nullcontext():
                    self._wire.command(b"CREATE " + self._name(path[:depth]))
                self._known.add(path[:depth])
        if subscribe:
            self._wire.command(b"SUBSCRIBE " + self._name(path))

    def append(self, path: Path, mails: Iterable[Mail]) -> int:
        """Store all of them; returns how many. The first refusal is raised after all answers are read."""
        name, count, waiting, refused = self._name(path), 0, [], []
        for batch in _batches(mails, many=self._many):
            waiting.append(self._send(name, batch))
            count += len(batch)
            if len(waiting) >= _AHEAD or not self._plus:
                refused += self._refusals(waiting)
        refused += self._refusals(waiting)
        if refused:
            raise WireRefused(refused[0])
        return count

    def append_each(self, path: Path, mails: Iterable[Mail]) -> list[str | None]:
        """Store one by one: per message None, or the server's words why not."""
        name, words = self._name(path), []
        for mail in mails:
            tag = self._send(name, [mail])
            answer, _ = self._wire.until(tag)
            words.append(None if answer.upper().startswith(b"OK") else answer.decode("utf-8", "replace"))
        return words

    def store(self, path: Path, uids: Iterable[int], change: str, *flags: str) -> None:
        """Change flags: ``store(path, uids, "+FLAGS", "\\\\Seen")`` (RFC 9051 6.4.6)."""
        self._wire.command(b"SELECT " + self._name(path))
        wanted = list(uids)
        for first in range(0, len(wanted), _MOST_NUMBERS):
            numbers = ",".join(map(str, wanted[first : first + _MOST_NUMBERS]))
            self._wire.command(f"UID STORE {numbers} {change}.SILENT ({' '.join(flags)})".encode())

    def delete(self, path: Path, uids: Iterable[int]) -> None:
        """Remove messages for good."""
        self.store(path, uids, "+FLAGS", "\\Deleted")
        self._wire.command(b"EXPUNGE")

    def move(self, path: Path, uids: Iterable[int] | None, to: Path) -> None:
        """Move messages (None: all of them) to another folder: MOVE, or COPY and EXPUNGE where there is no MOVE."""
        numbers = b"1:*" if uids is None else ",".join(map(str, uids)).encode()
        self._wire.command(b"SELECT " + self._name(path))
        if "MOVE" in self._wire.capabilities:
            self._wire.command(b"UID MOVE " + numbers + b" " + self._name(to))
            return
        self._wire.command(b"UID COPY " + numbers + b" " + self._name(to))
        self._wire.command(b"UID STORE " + numbers + b" +FLAGS.SILENT (\\Deleted)")
        self._wire.command(b"EXPUNGE")

    def rename(self, path: Path, to: Path) -> None:
        """Rename a folder."""
        self._wire.command(b"RENAME " + self._name(path) + b" " + self._name(to))
        self._known = {folder.path for folder in self.tree.folders()}

    def remove(self, path: Path) -> None:
        """Delete a folder with its messages."""
        self._wire.command(b"DELETE " + self._name(path))
        self._known.discard(path)

    def _name(self, path: Path) -> bytes:
        return quoted(self.tree.wire_name(path))

    def _send(self, name: bytes, batch: list[Mail]) -> bytes:
        """Send one APPEND; a synchronising literal waits for its continuation. Returns the tag."""
        tag = self._wire.tag()
        pieces = [tag, b" APPEND ", name]
        for mail in batch:
            pieces.append(_head(mail, plus=self._plus))
            if not self._plus:
                self._wire.send(b"".join(pieces))
                pieces.clear()
                answer = self._wire.read()
                while answer.text.startswith(b"*"):
                    answer = self._wire.read()
                if not answer.text.startswith(b"+"):
                    raise WireRefused(answer.text.decode("utf-8", "replace"))
            pieces.append(mail.content)
        pieces.append(b"\r\n")
        self._wire.send(b"".join(pieces))
        return tag

    def _refusals(self, waiting: list[bytes]) -> list[str]:
        """Read the answers to all that wait; the words of those that are not OK."""
        answers = [self._wire.until(tag)[0] for tag in waiting]
        waiting.clear()
        return [answer.decode("utf-8", "replace") for answer in answers if not answer.upper().startswith(b"OK")]


def _batches(mails: Iterable[Mail], *, many: bool) -> Iterator[list[Mail]]:
    batch: list[Mail] = []
    size = 0
    for mail in mails:
        batch.append(mail)
        size += len(mail.content)
        if not many or len(batch) >= _BATCH_COUNT or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _head(mail: Mail, *, plus: bool) -> bytes:
    flags = f" ({' '.join(mail.flags)})" if mail.flags else ""
    date = f' "{_internal_date(mail.date)}"' if mail.date is not None else ""
    return f"{flags}{date} {{{len(mail.content)}{'+' if plus else ''}}}\r\n".encode()


def _internal_date(date: datetime) -> str:
    """RFC 9051 date-time; English months whatever the locale."""
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return f"{date.day:2}-{_MONTHS[date.month - 1]}-{date:%Y %H:%M:%S %z}"


def some_flags(rng: random.Random) -> tuple[str, ...]:
    """What a lived-in mailbox shows: most read, some answered, few flagged, rare keywords."""
    flags = [
        flag for flag, share in (("\\Seen", 0.8), ("\\Answered", 0.2), ("\\Flagged", 0.06), ("\\Deleted", 0.01)) if rng.random() < share
    ]
    if rng.random() < 0.12:
        flags.append(rng.choice(_KEYWORDS))
    return tuple(flags)
