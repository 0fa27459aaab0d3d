"""What an IMAP server sends. It is read three times, by commands that wait for it: whole and one by one by the grammar, whole
with answers taken in bulk, and in bulk in the cut that the input asks for. All three must come to the same.

First byte: which commands wait. Second: how the rest is cut, 0 byte by byte.
"""

from __future__ import annotations

import asyncio
import atexit
import random
from unittest import mock

from fuzz import vectors
from trasloco.imap import responses
from trasloco.imap.body_stream import BodyStream
from trasloco.imap.commands import Command
from trasloco.imap.connection import Connection
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.errors import ImapError
from trasloco.imap.exchange import Exchange
from trasloco.imap.fetch_stream import FetchStream
from trasloco.imap.fragments import Fragments
from trasloco.imap.limits import Limits
from trasloco.imap.values import Namespaces, StatusText

_LIMITS = Limits(line=1000, numbers=2000, literal=1000, answer=3000, depth=20, entries=500, mailboxes=20)
_KINDS: tuple[type, ...] = (
    responses.Listed, responses.MailboxStatus, responses.SearchHits, responses.UntaggedStatus, responses.Exists, responses.Expunged,
    responses.Vanished, Namespaces, responses.ServerId, responses.QuotaUsage, responses.QuotaRoots, responses.FlagList, responses.Enabled,
)  # fmt: skip
_ITEMS = ("FLAGS", "INTERNALDATE", "RFC822.SIZE")
_OWN = (
    b"* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\nt1 OK done\r\nt2 OK done\r\n",
    b"* 5 FETCH (FLAGS (\\Seen) UID 5 BODY[] {3}\r\nabc)\r\n* 2 FETCH (BODY[] {1}\r\nx UID 2)\r\n* 3 FETCH (UID 3 BODY[] NIL)\r\n",
    b'* 1 FETCH (UID 1 FLAGS (\\Seen $L) INTERNALDATE "01-Jul-2019 10:00:00 +0200" RFC822.SIZE 7)\r\nt1 OK x\r\n',
    b'* 1 FETCH (UID 1 FLAGS ())\r\n* 1 FETCH (UID 1 INTERNALDATE "01-Jul-2019 10:00:00 +0200" RFC822.SIZE 7 MODSEQ (9))\r\n',
    b'* LIST (\\HasNoChildren \\Sent) "/" "Sent"\r\n* LIST () NIL {3}\r\na\r\n\r\n* STATUS INBOX (MESSAGES 1 UIDNEXT 2)\r\n',
    b'* ESEARCH (TAG "t3") UID COUNT 3 ALL 1:3,5\r\n* SEARCH 1 2 3 (MODSEQ 5)\r\n* VANISHED (EARLIER) 1:4294967295\r\n',
    b'* NAMESPACE (("" "/")) NIL (("x" NIL "X" ("y")))\r\n* ID ("name" "x" "version" NIL)\r\n* ENABLED CONDSTORE\r\n',
    b'* QUOTAROOT INBOX "r"\r\n* QUOTA "r" (STORAGE 1 2)\r\n* FLAGS (\\Seen \\*)\r\n* 3 EXISTS\r\n* 1 EXPUNGE\r\n* 0 RECENT\r\n',
    b"* OK [UIDVALIDITY 1] x\r\nt1 NO [TRYCREATE] no {5}\r\nt1 OK [APPENDUID 1 2:3] x\r\n* BYE gone\r\n",
    b"+ go on\r\n* OK [CAPABILITY IMAP4rev1 LITERAL+] x\r\n* 1 FETCH (BODYSTRUCTURE ((((NIL)))) UID 1)\r\n* NO [ALERT] \xff\r\n",
    b'* 7 FETCH (UID 7 BODY[HEADER.FIELDS (DATE "x")] {4}\r\n\r\n\r\n BINARY[1]<0> ~{2}\r\n\0\0)\r\n',
)


TOKENS = (
    b"* ", b"+ ", b"t1 ", b"t2 ", b"t3 ", b"OK ", b"NO ", b"BAD ", b"BYE ", b"FETCH (", b"UID ", b"FLAGS (", b"INTERNALDATE ",
    b"RFC822.SIZE ", b"RFC822.HEADER ", b"MODSEQ (", b"BODY[] ", b"BODY[HEADER] ", b"BINARY[] ", b"X-GM-MSGID ", b"LIST (", b"LSUB (",
    b"STATUS ", b"SEARCH ", b"ESEARCH (TAG ", b"VANISHED (EARLIER) ", b"NAMESPACE ", b"ID (", b"ENABLED ", b"QUOTA ", b"QUOTAROOT ",
    b"EXISTS", b"EXPUNGE", b"RECENT", b"CAPABILITY ", b"[UIDVALIDITY ", b"[APPENDUID ", b"[COPYUID ", b"[CAPABILITY ", b"[ALERT] ",
    b"NIL", b"{0}\r\n", b"{3}\r\n", b"~{3}\r\n", b"{3+}\r\n", b"{9223372036854775807}\r\n", b"{9223372036854775808}\r\n", b"\r\n",
    b"1:4294967295", b"18446744073709551616", b"((((((((((((((((((((", b"))))))))", b"<0>", b"\\\"", b'"', b"OLDNAME (", b"CHILDINFO (",
)  # fmt: skip


class _Nowhere(asyncio.Transport):
    """The other end of a connection that nothing is sent to."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def write(self, data: object) -> None: ...

    def abort(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def is_closing(self) -> bool:
        return False


class _Reading:
    """One connection with commands that wait, and all that they are told."""

    def __init__(self, waiting: int) -> None:
        self.told: list[object] = []
        self.connection = Connection(Deadlines(), _LIMITS)
        self.connection.connection_made(_Nowhere())
        self.connection.on_news = self.told.append
        self.connection.data_received(b"* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n")
        self.bodies: list[BodyStream] = []
        self.fetches: list[FetchStream] = []
        if waiting % 4 in (0, 3):
            self.bodies = [BodyStream(self.connection, uids, lambda quirk: None) for uids in ([1, 2, 3, 4], [5, 6, 7])]
        if waiting % 4 in (1, 3):
            self.fetches.append(FetchStream(self.connection, "1:4", _ITEMS, None))
            self.fetches.append(FetchStream(self.connection, "5:*", ("UID",), None))
        if waiting % 4 == 2:
            for _ in range(3):
                self._ask()

    def _ask(self) -> None:
        answers: list[object] = []

        def done(status: StatusText | None, error: ImapError | None) -> None:
            self.told.append((status, type(error), str(error), answers))

        command = Command(b"X").string(b"a\r\nb")
        self.connection.start(Exchange("X", command.pieces, done, accepts=_KINDS, on_data=answers.append))

    def feed(self, data: bytes, cut: int | None) -> None:
        """Give the bytes, whole when ``cut`` is None, and then hang up."""
        chance = random.Random(cut)
        position = 0
        while position < len(data):
            size = len(data) if cut is None else 1 if cut == 0 else chance.choice((1, 2, 5, 20, 100, 400))
            self.connection.data_received(data[position : position + size])
            position += size
        self.connection.connection_lost(None)

    async def result(self) -> list[object]:
        """What it came to: everything that was told, and what was read of each stream."""
        found = [*self.told, type(self.connection.error), str(self.connection.error)]
        for stream in self.bodies:
            found.append(await _read_bodies(stream))
        for fetch in self.fetches:
            found.append(await _read_fetched(fetch))
        return found


async def _read_bodies(stream: BodyStream) -> list[object]:
    """Each message with its bytes, and how the stream ends; of one that does not come to its end, that it does not."""
    found: list[object] = []
    try:
        async for body in stream:
            try:
                found.append((body.uid, body.size, body.nil, await body.read()))
            except ImapError as error:
                found.append((body.size, type(error)))
        await stream.finish()
    except ImapError as error:
        found.append((type(error), str(error)))
    return found


async def _read_fetched(stream: FetchStream) -> list[object]:
    found: list[object] = []
    try:
        found.extend([item async for item in stream.results()])
    except ImapError as error:
        found.append((type(error), str(error)))
    return found


async def _read(data: bytes, waiting: int, cut: int | None) -> list[object]:
    reading = _Reading(waiting)
    reading.feed(data, cut)
    return await reading.result()


_LOOP = asyncio.new_event_loop()
atexit.register(_LOOP.close)


def check(data: bytes) -> None:
    """Raises AssertionError when two readings differ, and whatever is raised that is no ImapError."""
    waiting, cut, stream = (*data[:2], 0, 0)[0], (*data[1:2], 0)[0], data[2:]
    with mock.patch.object(Fragments, "ahead", return_value=None):
        by_grammar = _LOOP.run_until_complete(_read(stream, waiting, None))
    in_bulk = _LOOP.run_until_complete(_read(stream, waiting, None))
    assert in_bulk == by_grammar, f"in bulk {in_bulk}, by the grammar {by_grammar}"
    in_pieces = _LOOP.run_until_complete(_read(stream, waiting, cut))
    assert in_pieces == by_grammar, f"in pieces {in_pieces}, by the grammar {by_grammar}"


def seeds() -> list[bytes]:
    """Each response, for each of the commands that can wait."""
    streams = list(_OWN)
    for name in ("wire_literals", "rfc_traces"):
        streams += [data for data, case in vectors.cases(f"imap-codec/{name}.jsonl") if case["side"] == "S"]
    return [bytes((waiting, cut)) + stream for stream in streams for waiting, cut in ((0, 0), (1, 1), (2, 2), (3, 3))]
