"""One connection to a server that is honest but for one behaviour.

Moments: ``CONNECT`` before the greeting, ``GREETED`` behind it, the name of each command before its answer (``EXAMINE`` counts as
``SELECT``, ``AUTHENTICATE`` as ``LOGIN``), and of FETCH two: ``LISTING`` and ``BODIES``.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from trasloco.testing.hostile.behaviour import Behaviour
from trasloco.testing.imap_double.fetching import set_of
from trasloco.testing.imap_double.words import Request, Unreadable, read_request

_OWN = "IMAP4rev1 LITERAL+ UIDPLUS NAMESPACE ID UNSELECT"
_DATE = b"17-Jul-2023 02:44:25 +0200"


class Over(Exception):
    """The connection has ended as the behaviour wants it."""


def letter(number: int) -> bytes:
    """A message like any other."""
    return b"Message-ID: <%d@hostile.example>\r\nSubject: letter %d\r\n\r\nNothing to see here.\r\n" % (number, number)


@dataclass(slots=True)
class Folder:
    """messages: (UID, content), in rising order of UID."""

    messages: list[tuple[int, bytes]] = field(default_factory=list)
    uidvalidity: int = 1700000000

    @property
    def uidnext(self) -> int:
        return self.messages[-1][0] + 1 if self.messages else 1


class Session:
    """Plays until the client leaves. folders are the server's; selected: the name of the open one. request: the present one."""

    def __init__(
        self, behaviour: Behaviour, folders: dict[bytes, Folder], reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self.behaviour, self.folders, self.number = behaviour, folders, number
        self.reader, self.writer = reader, writer
        self.selected = b"INBOX"
        self.request = Request("*", "", [])
        self.times = 0  # that the behaviour has had its moment
        self._verbs: dict[str, Callable[[], Awaitable[None]]] = {
            "CAPABILITY": self._capability,
            "NAMESPACE": self._namespace,
            "LIST": self._list,
            "LSUB": self._list,
            "STATUS": self._status,
            "SELECT": self._select,
            "UID FETCH": self._fetch,
            "UID SEARCH": self._search,
            "APPEND": self._append,
            "CREATE": self._create,
        }

    @property
    def capabilities(self) -> str:
        return f"{_OWN} {self.behaviour.capabilities}".strip()

    @property
    def tag(self) -> bytes:
        return self.request.tag.encode("latin-1")

    async def play(self) -> None:
        """Raises Over, and what asyncio raises when the client has gone."""
        if not await self._moment("CONNECT"):
            await self.say(f"* OK [CAPABILITY {self.capabilities}] ready".encode())
        await self._moment("GREETED")
        while True:
            try:
                self.request = await read_request(self.reader, self._go_on)
            except Unreadable as error:
                await self.say(f"{error.tag} BAD what is this".encode())
                continue
            name = {"EXAMINE": "SELECT", "AUTHENTICATE": "LOGIN"}.get(self.request.name, self.request.name)
            if await self._moment(name) or (name == "UID FETCH" and await self._moment("BODIES" if self._whole else "LISTING")):
                continue
            if name == "LOGOUT":
                await self.say(b"* BYE bye")
                await self.done()
                return
            await self._verbs.get(name, self.done)()

    async def _moment(self, name: str) -> bool:
        if name not in self.behaviour.at:
            return False
        self.times += 1
        return await self.behaviour.act(self)

    # -- for behaviours

    async def send(self, data: bytes) -> None:
        """These bytes, as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def say(self, line: bytes) -> None:
        """A line."""
        await self.send(line + b"\r\n")

    async def done(self, words: bytes = b"OK done") -> None:
        """The tagged answer."""
        await self.say(self.tag + b" " + words)

    async def flood(self, piece: bytes) -> None:
        """The same again and again, as quickly as the client takes it, until it leaves."""
        many = piece * max(1, 65536 // len(piece))
        while True:
            await self.send(many)

    async def drip(self, data: bytes, seconds: float) -> None:
        """One byte at a time, again and again."""
        while True:
            for byte in data:
                await self.send(bytes((byte,)))
                await asyncio.sleep(seconds)

    async def be_silent(self) -> None:
        """Until the client leaves."""
        while await self.reader.read(65536):
            pass
        raise Over

    def reset(self) -> None:
        """The connection ends as when a machine loses its power."""
        plain: socket.socket = self.writer.get_extra_info("socket")
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        raise Over

    @property
    def uids(self) -> list[int]:
        """Of the messages that the command is about."""
        return list(set_of(self.request.text(0), [uid for uid, _ in self.folders[self.selected].messages]))

    def content(self, uid: int) -> bytes:
        return dict(self.folders[self.selected].messages)[uid]

    # -- the honest answers

    @property
    def _items(self) -> list[bytes]:
        word = self.request.words[1]
        return [item for item in (word if isinstance(word, list) else [word]) if isinstance(item, bytes)]

    @property
    def _whole(self) -> bool:
        return any(b"[]" in item for item in self._items)

    async def _go_on(self) -> None:
        if not await self._moment("CONTINUE"):
            await self.say(b"+ go on")

    async def _capability(self) -> None:
        await self.say(f"* CAPABILITY {self.capabilities}".encode())
        await self.done()

    async def _namespace(self) -> None:
        await self.say(b'* NAMESPACE (("" "/")) NIL NIL')
        await self.done()

    async def _list(self) -> None:
        for name in self.folders if self.request.text(1) else (b"",):
            await self.say(b'* %b () "/" "%b"' % (self.request.name.encode(), name))
        await self.done()

    async def _status(self) -> None:
        name = self.request.text(0)
        folder = self.folders.get(name)
        if folder is None:
            await self.done(b"NO there is no such mailbox")
            return
        figures = (len(folder.messages), folder.uidnext, folder.uidvalidity)
        await self.say(b'* STATUS "%b" (MESSAGES %d UIDNEXT %d UIDVALIDITY %d)' % (name, *figures))
        await self.done()

    async def _select(self) -> None:
        name = self.request.text(0)
        folder = self.folders.get(name)
        if folder is None:
            await self.done(b"NO there is no such mailbox")
            return
        self.selected = name
        await self.say(b"* %d EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen \\Answered)" % len(folder.messages))
        await self.say(b"* OK [PERMANENTFLAGS (\\Seen \\Answered \\*)] kept")
        await self.say(b"* OK [UIDVALIDITY %d] x\r\n* OK [UIDNEXT %d] x" % (folder.uidvalidity, folder.uidnext))
        await self.done()

    async def _fetch(self) -> None:
        for uid in self.uids:
            content = self.content(uid)
            if self._whole:
                await self.say(b"* %d FETCH (UID %d BODY[] {%d}\r\n%b)" % (uid, uid, len(content), content))
            elif any(item.startswith(b"BODY") for item in self._items):
                item = next(item for item in self._items if item.startswith(b"BODY")).replace(b".PEEK", b"")
                head = content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                await self.say(b"* %d FETCH (UID %d %b {%d}\r\n%b)" % (uid, uid, item, len(head), head))
            else:
                facts = b'FLAGS (\\Seen) INTERNALDATE "%b" RFC822.SIZE %d' % (_DATE, len(content))
                await self.say(b"* %d FETCH (UID %d %b)" % (uid, uid, facts))
        await self.done()

    async def _search(self) -> None:
        await self.say(b"* SEARCH " + b" ".join(b"%d" % uid for uid, _ in self.folders[self.selected].messages))
        await self.done()

    async def _append(self) -> None:
        folder = self.folders.get(self.request.text(0))
        if folder is None:
            await self.done(b"NO [TRYCREATE] there is no such mailbox")
            return
        uid = folder.uidnext
        folder.messages.append((uid, self.request.text(len(self.request.words) - 1)))
        await self.done(b"OK [APPENDUID %d %d] taken" % (folder.uidvalidity, uid))

    async def _create(self) -> None:
        self.folders.setdefault(self.request.text(0), Folder())
        await self.done()
