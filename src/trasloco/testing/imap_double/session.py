"""One connection to a double: its login, its commands, its end.

A source is never changed: what would change it is refused, and kept in ``ImapDouble.writes`` for the test to see.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from trasloco.testing.imap_double import fetching, listing
from trasloco.testing.imap_double.moods import HangUp, Moods, Throttled
from trasloco.testing.imap_double.names import found
from trasloco.testing.imap_double.store import Folder, Mailbox
from trasloco.testing.imap_double.words import Request, Unreadable, read_request

if TYPE_CHECKING:
    from trasloco.testing.imap_double.server import ImapDouble

_WRITES = ("APPEND", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "EXPUNGE", "UID EXPUNGE", "STORE", "UID STORE",
           "COPY", "UID COPY", "MOVE", "UID MOVE", "SETACL", "SETMETADATA")  # fmt: skip


class Refused(Exception):
    """A tagged NO, or BAD; the server's words."""

    def __init__(self, words: str, kind: str = "NO") -> None:
        super().__init__(words)
        self.kind = kind


class Session:
    """Plays until the client leaves or is thrown out."""

    def __init__(self, double: ImapDouble, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._double, self._flavour = double, double.flavour
        self._reader, self._writer = reader, writer
        self._mailbox: Mailbox | None = None
        self._folder: Folder | None = None
        self._read_only = True
        self._user, self._token = "", ""
        self._errors = 0
        self._commands: dict[str, tuple[str, Callable[[Request], Awaitable[None]]]] = {
            "CAPABILITY": ("", self._capability),
            "NOOP": ("", self._noop),
            "LOGIN": ("", self._login),
            "AUTHENTICATE": ("", self._authenticate),
            "ID": ("ID", self._identify),
            "NAMESPACE": ("NAMESPACE", self._namespace),
            "LIST": ("", self._list),
            "LSUB": ("", self._list),
            "STATUS": ("", self._status),
            "SELECT": ("", self._select),
            "EXAMINE": ("", self._select),
            "UNSELECT": ("UNSELECT", self._unselect),
            "CLOSE": ("", self._close),
            "FETCH": ("", self._fetch),
            "UID FETCH": ("", self._fetch),
            "UID SEARCH": ("", self._search),
            "SEARCH": ("", self._search),
        }

    @property
    def _moods(self) -> Moods:
        return self._double.moods_of.get(self._user, self._double.moods)

    async def play(self) -> None:
        """From the greeting to the end. Raises what ends a connection."""
        await self._say(f"OK {self._flavour.greeting}")
        while True:
            try:
                request = await read_request(self._reader, self._go_on)
            except Unreadable as error:
                await self._refuse(error.tag, "BAD", self._flavour.invalid)
                continue
            if request.name == "LOGOUT":
                await self._say(f"BYE {self._flavour.bye}")
                await self._done(request)
                return
            try:
                await self._obey(request)
            except HangUp as end:
                if end.text:
                    await self._say(f"BYE {end.text}")
                return
            except Throttled as waiting:
                text = self._flavour.throttled.format(milliseconds=waiting.milliseconds)
                await self._answer(request.tag, f"BAD {text}")
                return

    async def _obey(self, request: Request) -> None:
        capability, verb = self._commands.get(request.name, ("", None))
        if request.name in _WRITES and self._mailbox is not None:
            self._double.writes.append(request.name)
            await self._refuse(request.tag, "NO", f"{request.name} is not what a source is for")
            return
        if verb is None or (capability and capability not in self._capabilities().split()):
            await self._refuse(request.tag, "BAD", self._flavour.invalid)
            return
        self._moods.before_command()
        if self._token and not self._double.door.still_open(self._user, self._token):
            raise HangUp(self._flavour.expired)
        if self._mailbox is not None and self._user in self._double.door.shut_out and request.name != "CAPABILITY":
            await self._refuse(request.tag, "BAD", self._flavour.not_connected)
            return
        try:
            await verb(request)
        except Refused as refused:
            await self._refuse(request.tag, refused.kind, str(refused))
        except Unreadable:
            await self._refuse(request.tag, "BAD", self._flavour.invalid)

    # -- before and around the login

    def _capabilities(self) -> str:
        return self._flavour.before if self._mailbox is None else self._flavour.signed_in

    async def _capability(self, request: Request) -> None:
        await self._say(f"CAPABILITY {self._capabilities()}")
        await self._done(request)

    async def _noop(self, request: Request) -> None:
        await self._done(request)

    async def _identify(self, request: Request) -> None:
        self._double.introductions.append(request.words)
        await self._say(f"ID {self._flavour.identity}")
        await self._done(request)

    async def _namespace(self, request: Request) -> None:
        self._opened()
        await self._say(f"NAMESPACE {self._flavour.namespace}")
        await self._done(request)

    async def _login(self, request: Request) -> None:
        await self._let_in_by_password(request, request.text(0), request.text(1), b"")

    async def _authenticate(self, request: Request) -> None:
        mechanism = request.text(0).decode("latin-1").upper()
        if mechanism not in self._flavour.mechanisms:
            raise Refused("Unsupported authentication mechanism.")
        self._double.mechanisms.append(mechanism)
        try:
            sent = base64.b64decode(request.text(1) if len(request.words) > 1 else await self._challenged())
        except binascii.Error:
            raise self._not_let_in("AUTHENTICATE") from None
        if mechanism == "XOAUTH2":
            await self._let_in_by_token(request, sent)
        elif mechanism == "PLAIN" and sent.count(b"\0") == 2:
            acting_as, login, password = sent.split(b"\0")
            await self._let_in_by_password(request, login, password, acting_as)
        else:
            raise self._not_let_in("AUTHENTICATE")  # NTLM and GSSAPI are offered, and nobody here can do them

    async def _let_in_by_password(self, request: Request, login: bytes, password: bytes, acting_as: bytes) -> None:
        mailbox = self._double.door.by_password(login, password, acting_as)
        if mailbox is None or not self._flavour.basic:
            raise self._not_let_in(request.name)
        self._user = (acting_as or login).decode("latin-1")
        await self._let_in(request, mailbox)

    async def _let_in_by_token(self, request: Request, sent: bytes) -> None:
        fields = dict(each.partition(b"=")[::2] for each in sent.split(b"\x01") if each)
        user, token = fields.get(b"user", b"").decode(), fields.get(b"auth", b"").removeprefix(b"Bearer ").decode()
        mailbox = self._double.door.by_token(user, token)
        if mailbox is None:
            if self._flavour.challenge:
                await self._line(b"+ " + self._flavour.challenge.encode())
                await self._reader.readuntil(b"\r\n")
            raise self._not_let_in("AUTHENTICATE")
        self._user, self._token = user, token
        await self._let_in(request, mailbox)

    async def _let_in(self, request: Request, mailbox: Mailbox) -> None:
        self._moods.before_command()
        self._mailbox = mailbox
        self._double.sign_ins[self._user] += 1
        told = f"[CAPABILITY {self._capabilities()}] " if self._flavour.told else ""
        await self._done(request, told)

    async def _challenged(self) -> bytes:
        await self._line(b"+ ")
        return (await self._reader.readuntil(b"\r\n"))[:-2]

    def _not_let_in(self, command: str) -> Refused:
        return Refused(self._flavour.refused.format(command=command), self._flavour.refuses)

    # -- the mailbox

    async def _list(self, request: Request) -> None:
        pattern = request.text(1)
        if len(request.words) > 2:
            raise Unreadable(request.tag)  # return options: this server has no LIST-EXTENDED, or only says so
        if not pattern:
            await self._say(f'{request.name} (\\Noselect) "{self._flavour.delimiter}" ""')
        else:
            for line in listing.listed(request.name, self._opened(), request.text(0) + pattern, self._flavour):
                await self._line(b"* " + line)
        await self._done(request)

    async def _status(self, request: Request) -> None:
        folder = self._find(request.text(0))
        items = request.words[1] if len(request.words) > 1 and isinstance(request.words[1], list) else []
        await self._line(b"* " + listing.told(request.text(0), folder, [item for item in items if isinstance(item, bytes)]))
        await self._done(request)

    async def _select(self, request: Request) -> None:
        self._folder = None
        folder = self._find(request.text(0))
        if not folder.openable or len(request.words) > 1:
            raise Refused("Server Unavailable. 15")
        self._folder, self._read_only = folder, request.name == "EXAMINE"
        lines = [f"{len(folder.messages)} EXISTS", "0 RECENT", *self._flavour.select]
        lines += [f"OK [UIDVALIDITY {folder.uidvalidity}] UIDVALIDITY value"]
        lines += [f"OK [UIDNEXT {folder.uidnext}] The next unique identifier value"]
        for line in lines:
            await self._say(line)
        await self._done(request, "[READ-ONLY] " if request.name == "EXAMINE" else "[READ-WRITE] ")

    async def _unselect(self, request: Request) -> None:
        self._folder = None
        await self._done(request)

    async def _close(self, request: Request) -> None:
        if not self._read_only:
            self._double.writes.append("CLOSE")  # it expunges (RFC 9051 6.4.1)
        await self._unselect(request)

    async def _fetch(self, request: Request) -> None:
        folder, by_uid = self._selected(), request.name.startswith("UID")
        items = fetching.items_of(request.words[1])
        if by_uid and b"UID" not in [item.upper() for item in items]:
            items = [b"UID", *items]
        with self._opened().lock:
            here = [folder.messages[uid] for uid in sorted(folder.messages)]
        numbers = [message.uid for message in here] if by_uid else list(range(1, len(here) + 1))
        wanted = set(fetching.set_of(request.text(0), numbers))
        for position, (number, message) in enumerate(zip(numbers, here, strict=True), 1):
            if number not in wanted:
                continue
            if any(fetching.whole(item) for item in items):
                self._moods.before_body()
                if self._token and not self._double.door.still_open(self._user, self._token):
                    raise HangUp(self._flavour.expired)
                await self._double.pause()
                if message.refusal:
                    raise Refused(message.refusal)
            await self._line(b"* " + fetching.answer(position, message, items, self._flavour))
        await self._done(request)

    async def _search(self, request: Request) -> None:
        folder, words = self._selected(), [word.upper() if isinstance(word, bytes) else b"" for word in request.words]
        size = int(words[words.index(b"LARGER") + 1]) if b"LARGER" in words else -1
        hits = [message.uid for _, message in sorted(folder.messages.items()) if self._flavour.size(len(message.content)) > size]
        await self._say(" ".join(["SEARCH", *map(str, hits)]))
        await self._done(request)

    def _opened(self) -> Mailbox:
        if self._mailbox is None:
            raise Refused("Command received in Invalid state.")
        return self._mailbox

    def _find(self, wire: bytes) -> Folder:
        mailbox = self._opened()
        name = found(wire, list(mailbox.folders), self._flavour)
        if name is None or not mailbox.folders[name].listed:
            raise Refused(self._flavour.missing.format(name=wire.decode("utf-8", "replace")))
        return mailbox.folders[name]

    def _selected(self) -> Folder:
        if self._folder is None:
            raise Refused("Command received in Invalid state.")
        return self._folder

    # -- the wire

    async def _go_on(self) -> None:
        await self._line(b"+ Ready for additional command text.")

    async def _done(self, request: Request, code: str = "") -> None:
        await self._answer(request.tag, f"OK {code}{self._flavour.completed.format(command=request.name.removeprefix('UID '))}")

    async def _refuse(self, tag: str, kind: str, words: str) -> None:
        """A NO or BAD, and the end after too many."""
        await self._answer(tag, f"{kind} {words}")
        self._errors += 1
        self._double.errors += 1
        if self._flavour.errors and self._errors >= self._flavour.errors:
            self._double.thrown_out += 1
            raise HangUp(self._flavour.hangs_up)

    async def _say(self, text: str) -> None:
        await self._line(b"* " + text.encode())

    async def _answer(self, tag: str, text: str) -> None:
        await self._line(f"{tag} {text}".encode())

    async def _line(self, line: bytes) -> None:
        self._writer.write(line + b"\r\n")
        await self._writer.drain()
