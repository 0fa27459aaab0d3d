"""The IMAP client: one connection, one method per thing a migration asks of a server.

``connect`` gives a ``Client``; every method says what it raises, and any may raise what ended the connection (``ConnectionLost``,
``DeadlineExceeded``, ``LimitExceeded``, ``ProtocolViolation``). Everything that can be on its way at once is: ``bodies`` and ``append``
send when they are called and are read later. Methods may be called from several tasks; answers find their caller. A task cancelled
while it waits for a plain answer leaves the connection in step; cancelled inside a body, a fetch, an append or a login it leaves it
aborted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from trasloco.imap import commands, quirks, transfer, utf7
from trasloco.imap.append_command import AppendCommand
from trasloco.imap.body_stream import BodyStream
from trasloco.imap.commands import Command
from trasloco.imap.connection import Answer, Connection
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Endpoint
from trasloco.imap.errors import CommandFailed, ConnectionLost, ImapError, LimitExceeded, LoginRefused
from trasloco.imap.fetch_response import TakeMany
from trasloco.imap.fetch_stream import FetchStream
from trasloco.imap.limits import Limits
from trasloco.imap.login import log_in
from trasloco.imap.number_set import count, expand, uid_set
from trasloco.imap.pending_selection import PendingSelection
from trasloco.imap.protocol import State
from trasloco.imap.responses import Enabled, Exists, Expunged, QuotaUsage, Response, SearchHits, ServerId, Vanished
from trasloco.imap.sasl import Credentials
from trasloco.imap.selection import ANSWERS, RESYNC_ANSWERS, Selection
from trasloco.imap.transport import open_connection
from trasloco.imap.tree import Tree, statuses
from trasloco.imap.values import Capabilities, Fetched, Kind, Mailbox, Namespaces, Quota, Resync, Selected, Status, StatusText, SyncPoint
from trasloco.sentence import sentence as _


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
    selected: the mailbox open now; ``exists`` follows what the server reports. enabled: extensions, upper case.
    tells_uids: set by whoever has seen it answer an APPEND with the new UIDs.
    """

    def __init__(self, endpoint: Endpoint, connection: Connection, fingerprint: str | None) -> None:
        self.endpoint = endpoint
        self.server_id: dict[str, str] = {}
        self.quirks: set[str] = set()
        self.fetched = 0
        self._take_over(connection, fingerprint)

    def _take_over(self, connection: Connection, fingerprint: str | None) -> None:
        """Speak over this connection from now on."""
        self.fingerprint = fingerprint
        self.greeting = connection.greeting.result().words
        self.selected: Selected | None = None
        self._selections = 0  # SELECTs and EXAMINEs sent; what comes behind the OK to one may be of the next
        self.tells_uids = False
        self.enabled: frozenset[str] = frozenset()
        self._connection = connection
        self._protocol = connection.protocol
        connection.on_news = self._take_news
        if self._protocol.state is State.LOGOUT:
            raise ConnectionLost(_("the greeting"), self._protocol.bye)

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

    @property
    def round_trip(self) -> float:
        """Seconds of the quickest answer so far, infinite before the first: how far away the server is."""
        return self._connection.round_trip

    @property
    def refusals(self) -> int:
        """How often the server has said NO or BAD on this connection."""
        return self._protocol.refusals

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
        try:
            await log_in(self._connection, credentials, self.endpoint)
        except LoginRefused as refused:
            refused.greeting = self.greeting
            raise
        self._protocol.state = State.AUTHENTICATED
        if self._protocol.capabilities_told == told:
            self._protocol.capabilities_told = 0
        await self.learn_capabilities()

    async def renew(self, credentials: Credentials) -> None:
        """Another connection in place of this one, with the same mailbox open. Nothing may be under way.

        Raises what ``connect``, ``login`` and ``select`` raise, and ConnectionLost when the mailbox is
        another one by now (UIDVALIDITY). Afterwards either all is as before or the client is closed.
        """
        was, enabled, old = self.selected, self.enabled, self._connection
        await self.logout()
        endpoint = replace(self.endpoint, fingerprint=self.endpoint.fingerprint or self.fingerprint)
        self._take_over(*await open_connection(endpoint, old.deadlines, old.limits, old.log))
        try:
            await self.learn_capabilities()
            await self.login(credentials)
            await self.enable(*enabled)
            if was is not None:
                now = await self.select(was.name, read_only=was.read_only)
                if now.uidvalidity != was.uidvalidity:
                    raise ConnectionLost(_("the change to a new connection"), None, _("the folder was renumbered meanwhile"))
        except BaseException:
            self.abort()
            raise

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
        self.enabled |= enabled
        return frozenset(enabled)

    async def speak_utf8(self) -> bool:
        """ENABLE IMAP4rev2 or, where that is not offered, UTF8=ACCEPT (RFC 9051 5.1, RFC 6855 3): mailbox
        names are UTF-8 from then on, both ways (``wire_name``, ``shown_name``). False when neither can be.

        To be asked before any mailbox is named: names told before are then other bytes.
        """
        for name in ("IMAP4REV2", "UTF8=ACCEPT"):
            if not self.utf8 and name in self.capabilities:
                await self.enable(name)
        return self.utf8

    @property
    def utf8(self) -> bool:
        """Whether mailbox names are UTF-8 on this connection."""
        return bool(self.enabled & {"IMAP4REV2", "UTF8=ACCEPT"})

    def wire_name(self, name: str) -> bytes:
        """A mailbox name as it is written on this connection. Raises ValueError for a lone surrogate."""
        return name.encode("utf-8") if self.utf8 else utf7.encode(name)

    def shown_name(self, name: bytes) -> str:
        """A mailbox name for people; where UTF-8 is spoken an ``&`` is only that. Never raises."""
        return utf7.decode_utf8(name) if self.utf8 else utf7.decode_name(name)

    async def identify(self, facts: Mapping[str, str]) -> dict[str, str]:
        """ID (RFC 2971): tell who we are, learn who it is; {} when not offered."""
        answer = self.identify_in_passing(facts)
        if answer is not None:
            await answer.wait()
        return dict(self.server_id)

    def identify_in_passing(self, facts: Mapping[str, str]) -> Answer | None:
        """The same without waiting: what the server is, is known before the answer to whatever is asked next. None when
        ID is not offered."""
        if "ID" not in self.capabilities:
            return None
        found: dict[str, str] = {}

        def take(answer: Response) -> None:
            assert isinstance(answer, ServerId)
            found.update(answer.facts)

        def learn(status: StatusText) -> None:
            if status.kind is Kind.OK:
                self.server_id = found
                self.quirks |= quirks.known(self.greeting, self.capabilities, found)

        return self._connection.ask(commands.identify(facts.items()), accepts=(ServerId,), on_data=take, on_tagged=learn)

    async def compress(self) -> bool:
        """COMPRESS DEFLATE (RFC 4978) where it is offered; whether all is compressed from here on.

        Nothing else may be under way. A server that says no is served as before.
        """
        if "COMPRESS=DEFLATE" not in self.capabilities:
            return False
        try:
            await self._connection.ask(Command(b"COMPRESS DEFLATE"), on_tagged=self._connection.begin_compression).wait()
        except CommandFailed:
            return False
        return True

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

    def abort(self, error: ImapError | None = None) -> None:
        """Close at once; everything that waits gets ``error``, ConnectionLost by default."""
        self._connection.abort(error)

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
        command = commands.select(name, read_only=read_only, condstore=condstore and "CONDSTORE" in self.capabilities)
        return await self._select(command, Selection(name, read_only=read_only), ANSWERS)

    async def examine_and_fetch(
        self,
        name: bytes,
        fetches: Sequence[tuple[str, Sequence[str], int | None]],
        take: Callable[[Fetched], None],
        take_many: TakeMany | None = None,
        turn: asyncio.Event | None = None,
    ) -> Selected:
        """EXAMINE, and FETCH in the same breath: one round trip for all of it.

        fetches: each a set of UIDs as written, items, and since which mod-sequence changes are asked for. take: given
        every message; take_many: the usual ones instead, many at a time, and then all are told in the order in which they come. For a
        mailbox that is known to hold messages. turn: until it is set nobody waits for the answers, so that what stands before them is
        read no faster than its readers take it. Raises CommandFailed of the EXAMINE, or of a FETCH.
        """
        selection = Selection(name, read_only=True)
        number = self._leave()
        streams: list[FetchStream] = []

        def listen(status: StatusText) -> None:
            # What was told before is about the mailbox that was open until then.
            for stream in streams:
                stream.listening = status.kind is Kind.OK

        command = commands.select(name, read_only=True, condstore=False)
        answer = self._connection.ask(command, accepts=ANSWERS, on_data=selection.take, on_tagged=listen)
        for uids, items, changed_since in fetches:
            streams.append(FetchStream(self._connection, uids, items, changed_since, take_many, take if take_many else None))
            streams[-1].listening = False
        selected: Selected | None = None
        try:
            if turn is not None:
                await turn.wait()
            selected = self._open(selection.selected(await answer.wait()), number)
            for stream in streams:
                async for item in stream.results():
                    take(item)
        except CommandFailed:
            # Empty by now: some servers answer BAD to 1:* then.
            if selected is None or selected.exists:
                raise
        finally:
            for stream in streams:
                stream.drop()
        return selected if self.selected is None or self._selections != number else self.selected

    def examine_and_bodies(self, name: bytes, batches: Iterable[Sequence[int]]) -> tuple[PendingSelection, list[BodyStream]]:
        """EXAMINE and a UID FETCH of whole messages of it for each of these batches of UIDs, sent now: nothing is taken for one before
        the OK to the EXAMINE. Several may be on their way; no mailbox is then open here, whatever is on the server."""
        selection = Selection(name, read_only=True)
        self._leave()
        streams: list[BodyStream] = []

        def listen(status: StatusText) -> None:
            if status.kind is Kind.OK:
                for stream in streams:
                    stream.listen()

        command = commands.select(name, read_only=True, condstore=False)
        answer = self._connection.ask(command, accepts=ANSWERS, on_data=selection.take, on_tagged=listen)
        streams += [BodyStream(self._connection, uids, self.note, self._count_fetched, listening=False) for uids in batches]
        return PendingSelection(answer, selection), streams

    async def resync(self, name: bytes, since: SyncPoint, *, read_only: bool) -> tuple[Selected, Resync | None]:
        """SELECT or EXAMINE with QRESYNC (RFC 7162 3.2.5): what is gone and what changed since, in the same answer.

        None for the changes when the server cannot tell (no QRESYNC, another UIDVALIDITY): all must be read.
        Raises CommandFailed, LimitExceeded.
        """
        if "QRESYNC" not in self.enabled and "QRESYNC" not in await self.enable("QRESYNC"):
            return await self.select(name, read_only=read_only), None
        selection = Selection(name, read_only=read_only)

        def take(response: Response) -> None:
            selection.take(response)
            if selection.entries > self._connection.limits.ranges:
                self.abort(LimitExceeded("entries", _("the server names more messages than we keep")))

        command = commands.select(name, read_only=read_only, condstore=False, known=since)
        selected = await self._select(command, selection, RESYNC_ANSWERS, take)
        return selected, selection.resync(since.uidvalidity)

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

    def fetch(
        self, uids: Iterable[int] | str, items: Sequence[str], *, changed_since: int | None = None, take_many: TakeMany | None = None
    ) -> AsyncIterator[Fetched]:
        """UID FETCH, sent now; every answer has its UID. A str is used as the set as it is (``1:*``).

        A message comes again when the server tells its new flags meanwhile: the later one is newer. take_many: given the lines in
        their usual form instead, as they come. Raises CommandFailed at the end on NO or BAD.
        """
        return FetchStream(self._connection, uids, items, changed_since, take_many).results()

    def bodies(self, uids: Collection[int]) -> BodyStream:
        """UID FETCH of whole messages, sent now; streams are read in the order they were made."""
        return BodyStream(self._connection, uids, self.note, self._count_fetched)

    def _count_fetched(self, size: int) -> None:
        self.fetched += size

    def append(self, name: bytes) -> AppendCommand:
        """An APPEND to be written; several messages need MULTIAPPEND."""
        return AppendCommand(self._connection, name, self.note)

    def storing(self, uids: Iterable[int], action: str, flags: Sequence[str]) -> list[Answer]:
        """UID STORE .SILENT, sent now; action is ``+FLAGS``, ``-FLAGS`` or ``FLAGS``. Raises ValueError, what ended the connection."""
        return [self._connection.ask(commands.uid_store(text, action, flags)) for text in uid_set(uids)]

    async def store(self, uids: Iterable[int], action: str, flags: Sequence[str]) -> None:
        """The same, and its answers. Raises CommandFailed, ValueError."""
        await transfer.all_of(self.storing(uids, action, flags))

    async def copy(self, uids: Iterable[int], name: bytes) -> dict[int, int] | None:
        """UID COPY; UID -> new UID, None when the server does not tell. Raises CommandFailed."""
        return await transfer.copy(self._connection, uids, name)

    async def move(self, uids: Iterable[int], name: bytes) -> dict[int, int] | None:
        """UID MOVE, or COPY, +FLAGS \\Deleted and UID EXPUNGE (RFC 6851 3.3); UID -> new UID or None.

        Without MOVE and UIDPLUS the originals stay, marked \\Deleted: EXPUNGE alone would take others too.
        """
        return await transfer.move(self._connection, uids, name)

    async def expunge(self, uids: Iterable[int]) -> None:
        """UID EXPUNGE: for good, and of these only. Needs UIDPLUS. Raises CommandFailed."""
        await transfer.expunge(self._connection, uids)

    async def search(self, criteria: bytes) -> list[int]:
        """UID SEARCH; criteria as grammar. By ESEARCH where offered. Raises CommandFailed, LimitExceeded."""
        found: list[SearchHits] = []
        extended = "ESEARCH" in self.capabilities or "IMAP4REV2" in self.capabilities
        await self._ask(Command(b"UID SEARCH").raw((b"RETURN (ALL) " if extended else b"") + criteria), SearchHits, found.append)
        hits = [pair for answer in found for pair in answer.hits]
        return expand(hits, self._connection.limits.entries)

    # -- within

    async def _select(
        self, command: Command, selection: Selection, accepts: tuple[type, ...], take: Callable[[Response], None] | None = None
    ) -> Selected:
        number = self._leave()
        status = await self._connection.ask(command, accepts=accepts, on_data=take or selection.take).wait()
        return self._open(selection.selected(status), number)

    def _leave(self) -> int:
        """Another mailbox is about to be opened; returns the number of that opening."""
        self._selections += 1
        self.selected = None
        if self.authenticated:
            self._protocol.state = State.AUTHENTICATED
        return self._selections

    def _open(self, selected: Selected, number: int) -> Selected:
        """A mailbox was opened; it is the one open now unless the next is on its way already."""
        if number == self._selections:
            self.selected = selected
            self._protocol.state = State.SELECTED
        return selected

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
