"""A POP3 mailbox in the shape of an IMAP client, so that the engine brings its mail as it brings any folder's.

There is one folder, INBOX, without flags and without dates of arrival. A message's identity is its UIDL (RFC 1939 7); ``number``
gives each a UID, in the order of the list, and whoever keeps those numbers keeps the identity. The session shows the mailbox as it
was when it began, and is the only one at a time. DELE is not known here, and a session in which messages were read ends without
QUIT, so nothing is ever deleted; some servers mark as seen what was read.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import IO, NoReturn

from trasloco.imap.append_command import AppendCommand
from trasloco.imap.body_stream import BodyStream
from trasloco.imap.client import Client
from trasloco.imap.connection import Answer
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Endpoint
from trasloco.imap.errors import CommandFailed, ImapError, LoginImpossible
from trasloco.imap.fetch_response import TakeMany
from trasloco.imap.pending_selection import PendingSelection
from trasloco.imap.sasl import Credentials
from trasloco.imap.values import (
    Capabilities,
    Fetched,
    Kind,
    Mailbox,
    Namespaces,
    Quota,
    Resync,
    Selected,
    Status,
    StatusText,
    SyncPoint,
)
from trasloco.pop3.bodies import PopBodies
from trasloco.pop3.connection import PopConnection, open_pop3
from trasloco.pop3.headers import fields_of, only_fields
from trasloco.pop3.login import log_in
from trasloco.pop3.replies import parse_listing
from trasloco.sentence import sentence as _

INBOX = b"INBOX"
VALIDITY = 1
"""UIDVALIDITY: UIDL tells messages apart for ever, so it never changes."""

_LONGEST_NAME = 200
"""Bytes of a UIDL that is kept as it is; RFC 1939 7 allows 70."""

_LONGEST_HEADER = 1024 * 1024
"""Bytes of a header that are kept; of a longer one the rest is not looked at."""

_AHEAD = 50
"""Headers asked for at once, where the server lets us (PIPELINING)."""

Number = Callable[[Sequence[bytes]], Awaitable[Sequence[int]]]
"""Gives each name its number, the same as ever; names that are new get the next higher ones, in their order."""


async def connect_pop3(endpoint: Endpoint, *, deadlines: Deadlines | None = None) -> PopMailbox:
    """Open a connection: TCP, TLS (or STLS), greeting, capabilities. Raises as ``imap.client.connect``, and NotPop3."""
    connection = await open_pop3(endpoint, deadlines or Deadlines())
    mailbox = PopMailbox(endpoint, connection)
    try:
        await mailbox.learn_capabilities()
    except BaseException:
        connection.abort()
        raise
    return mailbox


class PopMailbox(Client):
    """One session. What an IMAP client could do and POP3 cannot is refused as a server would: ``CommandFailed``."""

    def __init__(self, endpoint: Endpoint, connection: PopConnection) -> None:  # the parent's is of an IMAP connection
        self.endpoint = endpoint
        self.server_id: dict[str, str] = {}
        self.quirks: set[str] = set()
        self.fetched = 0
        self.enabled: frozenset[str] = frozenset()
        self.tells_uids = False
        self.greeting = connection.greeting
        self.fingerprint = connection.fingerprint
        self.selected: Selected | None = None
        self._pop = connection
        self._offered: Capabilities | None = None
        self._signed_in = self._read = False
        self._refusals = 0
        self._count = self._size = 0
        self._uids: dict[int, int] = {}  # UID -> number of the message in this session
        self._sizes: dict[int, int] = {}

    @property
    def capabilities(self) -> Capabilities:
        """None of IMAP's but the ways to sign in."""
        return Capabilities([name for name in self._offered or () if name.startswith("AUTH=")])

    @property
    def closed(self) -> bool:
        return self._pop.error is not None

    @property
    def authenticated(self) -> bool:
        return self._signed_in

    @property
    def round_trip(self) -> float:
        return self._pop.round_trip

    @property
    def refusals(self) -> int:
        return self._refusals

    # -- the session

    async def login(self, credentials: Credentials) -> None:
        """Sign in and see how many messages there are. Raises LoginRefused, LoginImpossible."""
        if self._signed_in:
            return
        await log_in(self._pop, credentials, self._offered)
        self._signed_in = True
        status = await self._pop.ask(b"STAT", "STAT")
        count, _, size = status.words.partition(" ")
        self._count = int(count) if count.isdigit() else 0
        self._size = int(size.split()[0]) if size.split() and size.split()[0].isdigit() else 0

    async def number(self, give: Number) -> None:
        """Read the UIDLs and the sizes, and give every message its UID. Raises CommandFailed, LoginImpossible, what ``give`` raises."""
        try:
            names = [parse_listing(line) for line in await self._pop.listing(b"UIDL", "UIDL")]
        except CommandFailed as refused:
            words = _(
                "this POP3 server does not tell its messages apart (no UIDL), so it could not be known which ones were brought already; "
                "it says “%(status)s”",
                status=refused.status.words,
            )
            raise LoginImpossible(words) from None
        sizes = {item.number: int(item.text.split()[0]) for item in map(parse_listing, await self._pop.listing(b"LIST", "LIST"))}
        seen: Counter[bytes] = Counter()
        told: list[bytes] = []
        for item in names:
            # Some servers call messages of the same content by one name: they are told apart by their order.
            text = item.text if len(item.text) <= _LONGEST_NAME else hashlib.sha256(item.text).digest()
            told.append(text + b"\0%d" % seen[text] if seen[text] else text)
            seen[text] += 1
        uids = await give(told)
        self._uids = {uid: item.number for uid, item in zip(uids, names, strict=True)}
        self._sizes = {uid: sizes.get(number, 0) for uid, number in self._uids.items()}
        self._count = len(self._uids)

    async def renew(self, credentials: Credentials) -> None:
        """Never needed: no POP3 server is known that hangs up after so many refusals."""
        self._refuse("another connection")

    async def learn_capabilities(self) -> None:
        """CAPA (RFC 2449), where it is known."""
        try:
            lines = await self._pop.listing(b"CAPA", "CAPA")
        except CommandFailed:
            return
        names: list[str] = []
        for line in lines:
            words = line.decode("latin-1").upper().split()
            names += [f"AUTH={mechanism}" for mechanism in words[1:]] if words[:1] == ["SASL"] else words[:1]
        self._offered = Capabilities(names)

    async def enable(self, *names: str) -> frozenset[str]:
        return frozenset()

    async def identify(self, facts: Mapping[str, str]) -> dict[str, str]:
        return {}

    def identify_in_passing(self, facts: Mapping[str, str]) -> None:
        return None

    async def compress(self) -> bool:
        return False

    async def noop(self) -> None:
        """NOOP."""
        async with self._pop.turn:
            await self._pop.ask(b"NOOP", "NOOP")

    async def logout(self) -> None:
        """Close; with QUIT only where no message was read. Never raises.

        QUIT is what lets a server change things (RFC 1939 6): delete what was marked, and mark as seen what was read. Some
        (Dovecot) mark as seen without it too, as soon as RETR has been said; TOP is no way around, for not every server gives
        whole messages by it.
        """
        if self.closed:
            return
        if self._read:
            self.abort()
            return
        try:
            async with asyncio.timeout(self._pop.deadlines.logout), self._pop.turn:
                await self._pop.ask(b"QUIT", "QUIT", deadline="logout")
        except (ImapError, TimeoutError):
            pass
        finally:
            self.abort()

    def abort(self, error: ImapError | None = None) -> None:
        self._pop.abort(error)

    # -- the one folder

    async def namespaces(self) -> Namespaces | None:
        return None

    async def tree(
        self, reference: bytes = b"", pattern: bytes = b"*", *, status: bool = True, subscribed_only: bool = False
    ) -> list[Mailbox]:
        """INBOX, and nothing else."""
        return [Mailbox(INBOX, None, subscribed=True, status=self._status() if status else None)]

    async def statuses(self, names: Sequence[bytes]) -> dict[bytes, Status | CommandFailed]:
        missing = CommandFailed(StatusText(Kind.ERR, "NONEXISTENT", words="POP3 knows only INBOX"), "STATUS")
        return {name: self._status() if name.upper() == INBOX else missing for name in names}

    async def select(self, name: bytes, *, read_only: bool, condstore: bool = False) -> Selected:
        """INBOX as it was when the session began."""
        if name.upper() != INBOX or not read_only:
            self._refuse("a folder other than INBOX, or to write into")
        if self._count and not self._uids:
            await self.number(_by_order)
        self.selected = Selected(INBOX, self._count, VALIDITY, self._uidnext(), read_only=True)
        return self.selected

    async def examine_and_fetch(
        self,
        name: bytes,
        fetches: Sequence[tuple[str, Sequence[str], int | None]],
        take: Callable[[Fetched], None],
        take_many: TakeMany | None = None,
        turn: asyncio.Event | None = None,
    ) -> Selected:
        selected = await self.select(name, read_only=True)
        for uids, items, _more in fetches:
            async for item in self.fetch(uids, items):
                take(item)
        return selected

    def examine_and_bodies(self, name: bytes, batches: Iterable[Sequence[int]]) -> tuple[PendingSelection, list[BodyStream]]:
        """Never asked for: messages without dates are not brought in one go with others'."""
        self._refuse("EXAMINE and FETCH in one")

    async def resync(self, name: bytes, since: SyncPoint, *, read_only: bool) -> tuple[Selected, Resync | None]:
        return await self.select(name, read_only=read_only), None

    async def unselect(self) -> None:
        self.selected = None

    async def quota(self, name: bytes = INBOX) -> list[Quota]:
        return []

    # -- messages

    async def fetch(
        self, uids: Iterable[int] | str, items: Sequence[str], *, changed_since: int | None = None, take_many: TakeMany | None = None
    ) -> AsyncIterator[Fetched]:
        """What is known of each, one by one: UID, size, no flags, no date; and fields of its header, by TOP. Raises CommandFailed at
        the end."""
        refused: CommandFailed | None = None
        section = next((name for item in items if (name := fields_of(item))), b"")
        asked = self._asked(uids)
        for start in range(0, len(asked), _AHEAD):
            some = asked[start : start + _AHEAD]
            headers = await self._headers(some) if section else {}
            for uid in some:
                header = headers.get(uid, b"")
                if isinstance(header, CommandFailed):
                    refused = refused or header
                    continue
                sections: dict[bytes, bytes | None] = {section: only_fields(header, section)} if section else {}
                yield Fetched(self._uids[uid], uid, frozenset(), None, self._sizes[uid], sections=sections)
        if refused is not None:
            raise refused

    def bodies(self, uids: Collection[int]) -> PopBodies:
        """The messages of these UIDs that are there."""
        return PopBodies([uid for uid in uids if uid in self._uids], self._retrieve, self._count_fetched)

    async def search(self, criteria: bytes) -> list[int]:
        """LARGER, by the sizes that LIST told; nothing else."""
        verb, _, size = criteria.partition(b" ")
        if verb.upper() != b"LARGER" or not size.isdigit():
            self._refuse("SEARCH")
        return sorted(uid for uid, known in self._sizes.items() if known > int(size))

    # -- what POP3 cannot do

    async def create(self, name: bytes, special_use: str = "") -> None:
        self._refuse("CREATE")

    async def subscribe(self, name: bytes) -> None:
        self._refuse("SUBSCRIBE")

    async def delete(self, name: bytes) -> None:
        self._refuse("DELETE")

    async def rename(self, old: bytes, new: bytes) -> None:
        self._refuse("RENAME")

    def append(self, name: bytes) -> AppendCommand:
        self._refuse("APPEND")

    def storing(self, uids: Iterable[int], action: str, flags: Sequence[str]) -> list[Answer]:
        self._refuse("STORE")

    async def copy(self, uids: Iterable[int], name: bytes) -> dict[int, int] | None:
        self._refuse("COPY")

    async def move(self, uids: Iterable[int], name: bytes) -> dict[int, int] | None:
        self._refuse("MOVE")

    async def expunge(self, uids: Iterable[int]) -> None:
        self._refuse("EXPUNGE")

    # -- within

    def _status(self) -> Status:
        return Status(self._count, self._uidnext(), VALIDITY, size=self._size)

    def _uidnext(self) -> int | None:
        """One more than the highest; None while nobody has numbered them."""
        return max(self._uids) + 1 if self._uids else (1 if not self._count else None)

    def _asked(self, uids: Iterable[int] | str) -> list[int]:
        known = sorted(self._uids)
        if not isinstance(uids, str):
            wanted = set(uids)
            return [uid for uid in known if uid in wanted]
        first, _, last = uids.partition(":")
        highest = known[-1] if known else 0
        low = highest if first == "*" else int(first)
        high = low if not last else highest if last == "*" else int(last)
        return [uid for uid in known if min(low, high) <= uid <= max(low, high)]

    async def _headers(self, uids: Sequence[int]) -> dict[int, bytes | CommandFailed]:
        """By TOP with no line of the body, all on their way at once where that may be; where TOP is not known, out of whole messages."""
        found: dict[int, bytes | CommandFailed] = {}
        offered = self._offered or Capabilities()
        whole = self._offered is not None and "TOP" not in offered
        self._read = self._read or whole
        commands = {uid: (b"RETR %d" if whole else b"TOP %d 0") % self._uids[uid] for uid in uids}
        async with self._pop.turn:
            ahead = "PIPELINING" in offered and not whole
            if ahead:
                await self._pop.send_ahead(list(commands.values()), "TOP")
            for uid, command in commands.items():
                try:
                    found[uid] = await self._gather(None if ahead else command, command.decode("ascii"))
                except CommandFailed as refused:
                    self._refusals += 1
                    found[uid] = refused
        return found

    async def _gather(self, command: bytes | None, words: str) -> bytes:
        """The header of the answer; the rest is read and dropped."""
        head, whole = bytearray(), False
        async for piece in self._pop.message(command, words):
            if not whole and len(head) < _LONGEST_HEADER:
                head += piece
                whole = b"\n\r\n" in head or b"\n\n" in head
        return bytes(head)

    async def _retrieve(self, uid: int, file: IO[bytes]) -> None:
        number, self._read = self._uids[uid], True
        try:
            async with self._pop.turn:
                async for piece in self._pop.message(b"RETR %d" % number, f"RETR {number}"):
                    file.write(piece)
        except CommandFailed:
            self._refusals += 1
            raise

    def _refuse(self, what: str) -> NoReturn:
        raise CommandFailed(StatusText(Kind.ERR, "CANNOT", words=f"POP3 knows no {what}"), what)


async def _by_order(names: Sequence[bytes]) -> Sequence[int]:
    """For a session that nobody will remember: a check of logins, a comparison."""
    return range(1, len(names) + 1)
