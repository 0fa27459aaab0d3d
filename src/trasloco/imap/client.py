"""The IMAP client: one connection, one method per thing a migration asks of a server.

``connect`` gives a ``Client``; every method says what it raises, and any may raise what ended the
connection (``ConnectionLost``, ``DeadlineExceeded``, ``LimitExceeded``, ``ProtocolViolation``).
Everything that can be on its way at once is: ``bodies`` and ``append`` send when they are called and
are read later. Methods may be called from several tasks; answers find their caller. A task cancelled
while it waits for a plain answer leaves the connection in step; cancelled inside a body, a fetch, an
append or a login it leaves it aborted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from trasloco.imap import commands, quirks, transfer
from trasloco.imap.append_command import AppendCommand
from trasloco.imap.body_stream import BodyStream
from trasloco.imap.commands import Command
from trasloco.imap.connection import Connection
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Endpoint
from trasloco.imap.errors import CommandFailed, ConnectionLost, ImapError
from trasloco.imap.fetch_stream import FetchStream
from trasloco.imap.limits import Limits
from trasloco.imap.login import log_in
from trasloco.imap.number_set import count, expand, uid_set
from trasloco.imap.protocol import State
from trasloco.imap.responses import Enabled, Exists, Expunged, QuotaUsage, Response, SearchHits, ServerId, Vanished
from trasloco.imap.sasl import Credentials
from trasloco.imap.selection import ANSWERS, Selection
from trasloco.imap.transport import open_connection
from trasloco.imap.tree import Tree, statuses
from trasloco.imap.values import Capabilities, Fetched, Mailbox, Namespaces, Quota, Selected, Status, StatusText


async def connect(
    endpoint: Endpoint, *, deadlines: Deadlines | None = None, limits: Limits | None = None, log: Callable[[str], None] | None = None
) -> Client:
    """Open a connection: TCP, TLS (or STARTTLS), greeting, capabilities.

    log: called with one line per command and status, never with a secret or a body.
    Raises ConnectFailed, TlsFailed, NotImap, ConnectionLost (with the BYE), DeadlineExceeded.
    """
    connection, fingerprint = await open_connection(endpoint, deadlines or Deadlines(), limits or Limits(), log)
    try:
        client = Client(endpoint, connection, fingerprint)
        await client.learn_capabilities()
    except BaseException:
        connection.abort()
        raise
    return client


class Client:
    """One connection to one server.

    greeting: the words of it. server_id: the answer to ``identify``. quirks: names out of ``quirks``.
    fingerprint: of the certificate, lower-case hex SHA-256 of the DER; None without TLS.
    selected: the mailbox open now; ``exists`` follows what the server reports.
    """

    def __init__(self, endpoint: Endpoint, connection: Connection, fingerprint: str | None) -> None:
        self.endpoint = endpoint
        self.fingerprint = fingerprint
        status = connection.greeting.result()
        self.greeting = status.words
        self.server_id: dict[str, str] = {}
        self.quirks: set[str] = set()
        self.selected: Selected | None = None
        self._connection = connection
        self._protocol = connection.protocol
        connection.on_news = self._take_news
        if self._protocol.state is State.LOGOUT:
            raise ConnectionLost("the greeting", self._protocol.bye)

    @property
    def capabilities(self) -> Capabilities:
        return self._protocol.capabilities

    @property
    def closed(self) -> bool:
        return self._connection.closed

    @property
    def authenticated(self) -> bool:
        """Logged in, be it by PREAUTH."""
        return self._protocol.state in (State.AUTHENTICATED, State.SELECTED)

    def note(self, quirk: quirks.Quirk) -> None:
        """A quirk was met by behaviour."""
        self.quirks.add(quirk.name)

    # -- the session

    async def login(self, credentials: Credentials) -> None:
        """Log in (nothing to do after PREAUTH) and learn the capabilities anew.

        Raises LoginRefused with the server's words, LoginImpossible when no method fits.
        """
        if self.authenticated:
            return
        told = self._protocol.capabilities_told
        await log_in(self._connection, credentials, self.endpoint)
        self._protocol.state = State.AUTHENTICATED
        if self._protocol.capabilities_told == told:
            self._protocol.capabilities_told = 0
        await self.learn_capabilities()

    async def learn_capabilities(self) -> None:
        """Ask for them, unless the greeting or the login told them already."""
        if not self._protocol.capabilities_told:
            await self._ask(Command(b"CAPABILITY"), deadline="login")
        self.quirks |= quirks.known(self.greeting, self.capabilities, self.server_id)

    async def enable(self, *names: str) -> frozenset[str]:
        """ENABLE (RFC 9051 6.3.1) those the server offers; the ones it enabled, upper case."""
        offered = [name for name in names if name in self.capabilities]
        enabled: set[str] = set()
        if offered and ("ENABLE" in self.capabilities or "IMAP4REV2" in self.capabilities):
            command = Command(b"ENABLE").raw(" ".join(offered).encode("ascii"))
            await self._ask(command, Enabled, lambda answer: enabled.update(answer.names))
        return frozenset(enabled)

    async def identify(self, facts: Mapping[str, str]) -> dict[str, str]:
        """ID (RFC 2971): tell who we are, learn who it is; {} when not offered."""
        if "ID" not in self.capabilities:
            return {}
        found: dict[str, str] = {}
        await self._ask(commands.identify(facts.items()), ServerId, lambda answer: found.update(answer.facts))
        self.server_id = found
        self.quirks |= quirks.known(self.greeting, self.capabilities, found)
        return dict(found)

    async def noop(self) -> None:
        """NOOP (6.1.2)."""
        await self._ask(Command(b"NOOP"))

    async def logout(self) -> None:
        """LOGOUT (6.1.3) and close. Never raises: who leaves does not care for the last words."""
        if self.closed:
            return
        try:
            answer = self._connection.ask(Command(b"LOGOUT"), deadline="logout")
            await asyncio.wait_for(answer.settled(), self._connection.deadlines.logout)
        except (ImapError, TimeoutError):
            pass
        finally:
            self.abort()

    def abort(self) -> None:
        """Close at once; everything that waits gets ConnectionLost."""
        self._connection.abort()

    # -- mailboxes

    async def namespaces(self) -> Namespaces | None:
        """NAMESPACE (6.3.10); None when not offered."""
        if "NAMESPACE" not in self.capabilities and "IMAP4REV2" not in self.capabilities:
            return None
        found: list[Namespaces] = []
        await self._ask(Command(b"NAMESPACE"), Namespaces, found.append)
        return found[-1] if found else None

    async def tree(
        self, reference: bytes = b"", pattern: bytes = b"*", *, status: bool = True, subscribed_only: bool = False
    ) -> list[Mailbox]:
        """Every mailbox with its attributes, subscription and, if asked for, STATUS (None where that failed)."""
        return await Tree(self._connection, self.quirks, self.note).read(reference, pattern, status=status, subscribed_only=subscribed_only)

    async def statuses(self, names: Sequence[bytes]) -> dict[bytes, Status | CommandFailed]:
        """STATUS of each mailbox, pipelined; a mailbox that fails has its CommandFailed for a value."""
        return await statuses(self._connection, names)

    async def select(self, name: bytes, *, read_only: bool, condstore: bool = False) -> Selected:
        """SELECT, or EXAMINE when ``read_only``. condstore: ask for mod-sequences where offered.

        Raises CommandFailed; no mailbox is selected then (RFC 9051 6.3.2).
        """
        selection = Selection(name, read_only=read_only)
        command = commands.select(name, read_only=read_only, condstore=condstore and "CONDSTORE" in self.capabilities)
        self.selected = None
        self._protocol.state = State.AUTHENTICATED
        status = await self._connection.ask(command, accepts=ANSWERS, on_data=selection.take).wait()
        self.selected = selection.selected(status)
        self._protocol.state = State.SELECTED
        return self.selected

    async def unselect(self) -> None:
        """Leave the mailbox without expunging: UNSELECT, or CLOSE where it was opened read-only.

        Where neither can be, nothing is sent: the next SELECT leaves it just as well.
        """
        if self.selected is None:
            return
        if "UNSELECT" in self.capabilities or "IMAP4REV2" in self.capabilities:
            await self._ask(Command(b"UNSELECT"))
        elif self.selected.read_only:
            await self._ask(Command(b"CLOSE"))
        self.selected = None
        self._protocol.state = State.AUTHENTICATED

    async def create(self, name: bytes, special_use: str = "") -> None:
        """CREATE; special_use (``\\Sent``) only where CREATE-SPECIAL-USE is offered. Raises CommandFailed."""
        await self._ask(commands.create(name, special_use if "CREATE-SPECIAL-USE" in self.capabilities else ""))

    async def subscribe(self, name: bytes) -> None:
        """SUBSCRIBE. Raises CommandFailed."""
        await self._ask(Command(b"SUBSCRIBE").mailbox(name))

    async def delete(self, name: bytes) -> None:
        """DELETE. Raises CommandFailed."""
        await self._ask(Command(b"DELETE").mailbox(name))

    async def rename(self, old: bytes, new: bytes) -> None:
        """RENAME. Raises CommandFailed."""
        await self._ask(commands.rename(old, new))

    async def quota(self, name: bytes = b"INBOX") -> list[Quota]:
        """GETQUOTAROOT (RFC 9208); [] when not offered or refused."""
        if "QUOTA" not in self.capabilities:
            return []
        found: list[Quota] = []
        try:
            await self._ask(Command(b"GETQUOTAROOT").mailbox(name), QuotaUsage, lambda answer: found.extend(answer.quotas))
        except CommandFailed:
            return []  # no quota on this mailbox, or none that we may see
        return found

    # -- messages

    def fetch(self, uids: Iterable[int] | str, items: Sequence[str], *, changed_since: int | None = None) -> AsyncIterator[Fetched]:
        """UID FETCH, sent now; every answer has its UID. A str is used as the set as it is (``1:*``).

        A message comes again when the server tells its new flags meanwhile: the later one is newer.
        Raises CommandFailed at the end on NO or BAD.
        """
        return FetchStream(self._connection, uids, items, changed_since).results()

    def bodies(self, uids: Sequence[int]) -> BodyStream:
        """UID FETCH of whole messages, sent now; streams are read in the order they were made."""
        return BodyStream(self._connection, uids, self.note)

    def append(self, name: bytes) -> AppendCommand:
        """An APPEND to be written; several messages need MULTIAPPEND."""
        return AppendCommand(self._connection, name, self.note)

    async def store(self, uids: Iterable[int], action: str, flags: Sequence[str]) -> None:
        """UID STORE .SILENT; action is ``+FLAGS``, ``-FLAGS`` or ``FLAGS``. Raises CommandFailed, ValueError."""
        await transfer.all_of([self._connection.ask(commands.uid_store(text, action, flags)) for text in uid_set(uids)])

    async def copy(self, uids: Iterable[int], name: bytes) -> dict[int, int] | None:
        """UID COPY; UID -> new UID, None when the server does not tell. Raises CommandFailed."""
        return await transfer.copy(self._connection, uids, name)

    async def move(self, uids: Iterable[int], name: bytes) -> dict[int, int] | None:
        """UID MOVE, or COPY, +FLAGS \\Deleted and UID EXPUNGE (RFC 6851 3.3); UID -> new UID or None.

        Without MOVE and UIDPLUS the originals stay, marked \\Deleted: EXPUNGE alone would take others too.
        """
        return await transfer.move(self._connection, uids, name)

    async def search(self, criteria: bytes) -> list[int]:
        """UID SEARCH; criteria as grammar. By ESEARCH where offered. Raises CommandFailed, LimitExceeded."""
        found: list[SearchHits] = []
        extended = "ESEARCH" in self.capabilities or "IMAP4REV2" in self.capabilities
        await self._ask(Command(b"UID SEARCH").raw((b"RETURN (ALL) " if extended else b"") + criteria), SearchHits, found.append)
        hits = [pair for answer in found for pair in answer.hits]
        return expand(hits, self._connection.limits.entries)

    # -- within

    async def _ask(
        self, command: Command, accepts: type | None = None, on_data: Callable[..., object] | None = None, deadline: str = "command"
    ) -> StatusText:
        types = () if accepts is None else (accepts,)
        return await self._connection.ask(command, accepts=types, on_data=on_data, deadline=deadline).wait()

    def _take_news(self, response: Response) -> None:
        """What the server says on its own; only ``exists`` of the mailbox open now is kept."""
        if self.selected is None:
            return
        if isinstance(response, Exists):
            self.selected = replace(self.selected, exists=response.count)
        elif isinstance(response, Expunged):
            self.selected = replace(self.selected, exists=max(0, self.selected.exists - 1))
        elif isinstance(response, Vanished) and not response.earlier:
            self.selected = replace(self.selected, exists=max(0, self.selected.exists - count(response.uids)))
