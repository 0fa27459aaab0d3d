"""A protocol double of imap.gmail.com on a loopback port: a ``GmailMailbox`` behind an asyncio IMAP server.

    with GmailServer({"anna@gmail.com": mailbox}) as server:
        ...  # server.host, server.port; the password of everybody is server.password

Greeting, capabilities before and after the login, ID, the words of refusals and the limit of 15 connections are those
recorded of the real server. COMPRESS is not offered. It runs in a thread of its own, so that tests may block, and read
with any client. ``say_next`` answers one command otherwise than usual; ``commands`` is the log of what was asked.
"""

from __future__ import annotations

import asyncio
import base64
import threading
from types import TracebackType
from typing import Self

from trasloco.testing.gmail_mailbox import GmailMailbox
from trasloco.testing.gmail_session import GmailSession, arguments

BEFORE = "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN AUTH=OAUTHBEARER"
AFTER = (
    "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT "
    "LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584"
)
MOST_CONNECTIONS = 15

TOO_MANY = "NO [ALERT] Too many simultaneous connections. (Failure)"
REFUSED = "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
ENOUGH = "NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)"
EXPIRED = "* BYE Session expired, please login again."

_NO_TOKEN = b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}'
_IDENTITY = (
    '* ID ("name" "GImap" "vendor" "Google, Inc." "support-url" "http://support.google.com/mail" '
    '"version" "gmail_imap_20251117.06_p0" "remote-host" "127.0.0.1")'
)


class GmailServer:
    """Listens while it is entered. mailboxes: by address. without: capabilities that are not offered.

    tokens: those that open a mailbox by XOAUTH2, by address. open_now: connections that are signed in. How often the body
    of each message was asked for is in the mailbox.
    """

    host = "127.0.0.1"
    password = "abcd efgh ijkl mnop"

    def __init__(self, mailboxes: dict[str, GmailMailbox], *, without: frozenset[str] = frozenset()) -> None:
        self.mailboxes, self._without = mailboxes, without
        self.port, self.open_now, self.commands = 0, 0, list[str]()
        self.most_connections = MOST_CONNECTIONS
        self.tokens: dict[str, set[str]] = {}
        self._answers: list[tuple[str, str, bool]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="gmail-double")
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        starting = asyncio.start_server(self._accept, self.host, 0, limit=2**24)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def say_next(self, verb: str, answer: str, *, close: bool = False) -> None:
        """Answer the next command that begins so ("UID FETCH") with these words behind its tag; close: and hang up,
        by the BYE of a session that was ended."""
        self._answers.append((verb, answer, close))

    def capabilities(self, *, signed_in: bool) -> str:
        return " ".join(name for name in (AFTER if signed_in else BEFORE).split() if name not in self._without)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        line = _Line(self, reader, writer)
        try:
            await line.serve()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            line.leave()
            writer.close()


class _Line:
    """One connection: the login, then a session."""

    def __init__(self, server: GmailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._session: GmailSession | None = None

    async def serve(self) -> None:
        self._send("* OK Gimap ready for requests from 127.0.0.1 5b1f17b1804b1-47790adc60fmb1234567")
        while True:
            tag, verb, rest = await self._command()
            self._server.commands.append(f"{verb} {rest.decode('utf-8', 'replace')}" if verb not in ("LOGIN", "AUTHENTICATE") else verb)
            if not await self._answer(tag, verb, rest):
                return
            await self._writer.drain()

    async def _command(self) -> tuple[str, str, bytes]:
        """Tag, verb ("UID FETCH") and the rest; literals are put into the rest as quoted strings."""
        text = b""
        while True:
            part = (await self._reader.readuntil(b"\r\n"))[:-2]
            if not part.endswith(b"}"):
                text += part
                break
            head, _, size = part[:-1].rpartition(b"{")
            if not size.endswith(b"+"):
                self._send("+ go ahead")
                await self._writer.drain()
            literal = await self._reader.readexactly(int(size.rstrip(b"+")))
            text += head + b'"' + literal.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
        tag, verb, rest = (*text.split(b" ", 2), b"")[:3]
        name = verb.decode("ascii").upper()
        if name == "UID":
            second, _, rest = rest.partition(b" ")
            name = f"UID {second.decode('ascii').upper()}"
        return tag.decode("ascii"), name, rest

    async def _answer(self, tag: str, verb: str, rest: bytes) -> bool:
        """Whether the line stays open."""
        prepared = next((item for item in self._server._answers if verb.startswith(item[0])), None)
        if prepared is not None:
            self._server._answers.remove(prepared)
            self._send(f"{tag} {prepared[1]}")
            if prepared[2]:
                self._send(EXPIRED)
            return not prepared[2]
        if verb == "LOGOUT":
            self._send("* BYE LOGOUT Requested", f"{tag} OK 73 good day (Success)")
            return False
        if verb == "CAPABILITY":
            self._send(f"* CAPABILITY {self._server.capabilities(signed_in=self._session is not None)}", f"{tag} OK Thats all she wrote!")
        elif verb == "ID":
            self._send(_IDENTITY, f"{tag} OK Success")
        elif verb == "NOOP":
            self._send(f"{tag} OK Success")
        elif verb == "LOGIN":
            user, password = (word.decode("utf-8") for word in arguments(rest)[:2])
            self._sign_in(tag, user, password)
        elif verb == "AUTHENTICATE":
            await self._authenticate(tag, rest)
        elif self._session is None:
            self._send(f"{tag} BAD Unknown command")
        else:
            for data in self._session.answer(tag, verb, rest):
                self._writer.write(data)
        return True

    async def _authenticate(self, tag: str, rest: bytes) -> None:
        mechanism, _, initial = rest.partition(b" ")
        if mechanism.upper() not in (b"PLAIN", b"XOAUTH2"):
            self._send(f"{tag} BAD Invalid SASL mechanism")
            return
        if not initial:
            self._send("+ ")
            initial = await self._reply()
        said = base64.b64decode(initial).decode("utf-8")
        if mechanism.upper() == b"PLAIN":
            _, user, password = said.split("\0")
            self._sign_in(tag, user, password)
            return
        user, token = said.removeprefix("user=").removesuffix("\1\1").split("\1auth=Bearer ")
        if token not in self._server.tokens.get(user, ()):
            self._send(f"+ {base64.b64encode(_NO_TOKEN).decode()}")
            await self._reply()  # an empty line
            self._send(f"{tag} {REFUSED}")
        else:
            self._sign_in(tag, user, self._server.password)

    async def _reply(self) -> bytes:
        await self._writer.drain()
        return (await self._reader.readuntil(b"\r\n"))[:-2]

    def _sign_in(self, tag: str, user: str, password: str) -> None:
        server = self._server
        if server.open_now >= server.most_connections:
            self._send(f"{tag} {TOO_MANY}")
        elif user not in server.mailboxes or password != server.password:
            self._send(f"{tag} {REFUSED}")
        else:
            server.open_now += 1
            self._session = GmailSession(server.mailboxes[user], server.capabilities(signed_in=True))
            self._send(f"* CAPABILITY {server.capabilities(signed_in=True)}", f"{tag} OK {user} authenticated (Success)")

    def leave(self) -> None:
        if self._session is not None:
            self._server.open_now -= 1
            self._session = None

    def _send(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode("utf-8"))
