"""Answers taken many at a time are the same as those read one by one by the grammar, however the stream is cut."""

from __future__ import annotations

import asyncio
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trasloco.imap import body_stream
from trasloco.imap.body_stream import BodyStream
from trasloco.imap.connection import Connection
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.errors import ImapError
from trasloco.imap.fetch_stream import FetchStream
from trasloco.imap.fragments import Fragments
from trasloco.imap.limits import Limits

TRAPS = (b"x", b")\r\n", b"* 3 FETCH (UID 3 BODY[] {1}\r\nx)\r\n", b"\r\nt1 OK done\r\n", b"{5}\r\n", b"\0" * 700)

contents = st.lists(st.sampled_from(TRAPS), min_size=1, max_size=4).map(b"".join)
uids = st.integers(1, 9)


def _body(uid: int, content: bytes, form: int) -> bytes:
    size = len(content)
    return [
        b"* %d FETCH (UID %d BODY[] {%d}\r\n%b)\r\n" % (uid, uid, size, content),
        b"* %d FETCH (FLAGS (\\Seen) UID %d BODY[] {%d}\r\n%b)\r\n" % (uid, uid, size, content),
        b"* %d FETCH (UID %d BODY[] {%d}\r\n%b FLAGS (\\Seen))\r\n" % (uid, uid, size, content),
        b"* %d fetch (uid %d body[] {%d}\r\n%b)\r\n" % (uid, uid, size, content),
        b"* %d FETCH (UID %d BODY[] NIL)\r\n" % (uid, uid),
        b'* %d FETCH (UID %d BODY[] "quoted")\r\n' % (uid, uid),
        b"* %d FETCH (UID %d BODY[] {0}\r\n)\r\n" % (uid, uid),
        b"* %d FETCH (UID %d FLAGS (\\Seen))\r\n" % (uid, uid),
        b"* %d EXISTS\r\n" % uid,
        b"* OK still at it {5}\r\n",
    ][form]


def _line(uid: int, form: int) -> bytes:
    return [
        b'* %d FETCH (UID %d FLAGS (\\Seen) INTERNALDATE "01-Jul-2019 10:00:00 +0200" RFC822.SIZE 7)\r\n' % (uid, uid),
        b'* %d FETCH (RFC822.SIZE 8 INTERNALDATE "01-Jul-2019 10:00:00 +0200" FLAGS () UID %d MODSEQ (5))\r\n' % (uid, uid),
        b"* %d FETCH (UID %d FLAGS ($Label))\r\n" % (uid, uid),
        b'* %d FETCH (UID %d INTERNALDATE "02-Jul-2019 10:00:00 +0200" RFC822.SIZE 9)\r\n' % (uid, uid),
        b'* %d FETCH (UID %d FLAGS () INTERNALDATE NIL RFC822.SIZE "no")\r\n' % (uid, uid),
        b"* %d EXPUNGE\r\n" % uid,
    ][form]


bodies = st.lists(st.builds(_body, uids, contents, st.sampled_from((0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9))), max_size=12)
lines = st.lists(st.builds(_line, uids, st.sampled_from((0, 0, 0, 1, 2, 3, 4, 5))), max_size=12)
cuts = st.lists(st.integers(1, 200), max_size=30)
endings = st.permutations([b"t1 OK done\r\n", b"t2 OK done\r\n"])


def _connected() -> Connection:
    connection = Connection(Deadlines(), Limits())
    connection.connection_made(mock.Mock(spec=asyncio.Transport))
    connection.data_received(b"* PREAUTH ready\r\n")
    return connection


def _feed(connection: Connection, data: bytes, sizes: list[int]) -> None:
    position = 0
    for size in sizes:
        connection.data_received(data[position : position + size])
        position += size
    connection.data_received(data[position:])


async def _read(connection: Connection, stream: BodyStream) -> list[object]:
    """All of its bodies, and how it ends; nothing more is to come."""
    found: list[object] = []
    try:
        async with asyncio.timeout(5):
            async for body in stream:
                content = await body.read()
                found.append((body.uid, body.size, body.nil, body.finished, content))
            await stream.finish()
    except ImapError as error:
        found.append((type(error), str(error)))
    return found


async def _bodies(data: bytes, sizes: list[int]) -> list[list[object]]:
    connection = _connected()
    streams = [BodyStream(connection, asked, lambda quirk: None) for asked in ([1, 2, 3, 4], [5, 6, 7])]
    _feed(connection, data, sizes)
    found = [await _read(connection, stream) for stream in streams]
    assert connection.closed or connection._held == 0
    connection.abort()
    return found


async def _inventory(data: bytes, sizes: list[int]) -> list[object]:
    connection = _connected()
    items = ("FLAGS", "INTERNALDATE", "RFC822.SIZE")
    streams = [FetchStream(connection, "1:4", items, None), FetchStream(connection, "5:*", ("UID",), None)]
    _feed(connection, data, sizes)
    found: list[object] = [[item async for item in stream.results()] for stream in streams]
    connection.abort()
    return found


@settings(deadline=None)  # a busy machine is no mistake
@given(bodies, endings, cuts)
def test_messages(answers: list[bytes], ending: list[bytes], sizes: list[int]) -> None:
    data = b"".join([*answers, *ending])
    in_bulk = asyncio.run(_bodies(data, sizes))
    with mock.patch.object(Fragments, "ahead", lambda self: None):
        assert in_bulk == asyncio.run(_bodies(data, sizes))
    with mock.patch.object(body_stream, "_SMALL", 0):
        assert in_bulk == asyncio.run(_bodies(data, sizes))


@settings(deadline=None)
@given(lines, endings, cuts)
def test_inventories(answers: list[bytes], ending: list[bytes], sizes: list[int]) -> None:
    data = b"".join([*answers, *ending])
    in_bulk = asyncio.run(_inventory(data, sizes))
    with mock.patch.object(Fragments, "ahead", lambda self: None):
        assert in_bulk == asyncio.run(_inventory(data, sizes))


async def test_small_ones_are_taken_together() -> None:
    connection = _connected()
    stream = BodyStream(connection, [1, 2, 3, 4, 5], lambda quirk: None)
    connection.data_received(b"".join(_body(uid, b"%d" % uid * 10, 0) for uid in (2, 1, 3)) + b"* 4 FETCH (UID 4 BODY[] {3}\r\na")
    assert stream.take_whole(15) == [(2, b"2" * 10), (1, b"1" * 10)]
    assert stream.take_whole(15) == [(3, b"3" * 10)]
    assert stream.take_whole(15) == []  # what has only begun is put together first
    connection.data_received(b"bc)\r\n" + _body(5, b"five", 0))
    assert stream.take_whole(15) == [(4, b"abc"), (5, b"five")]
    assert connection._held == 0
    connection.abort()


async def test_what_comes_behind_a_large_one_waits_for_its_reader() -> None:
    connection = _connected()
    stream = BodyStream(connection, [4, 5], lambda quirk: None)
    with mock.patch.object(body_stream, "_SMALL", 2):
        connection.data_received(b"* 4 FETCH (UID 4 BODY[] {3}\r\na")
        assert await stream.has_come()
        assert stream.take_whole(15) == []
        body = await anext(stream)
        connection.data_received(b"bc)\r\n" + _body(5, b"five", 0))
    assert stream.take_whole(15) == []  # the one before is not read yet
    assert await body.read() == b"abc"
    assert stream.take_whole(15) == [(5, b"five")]
    connection.data_received(b"t1 OK\r\n")
    assert not await stream.has_come()
    assert connection._held == 0
    connection.abort()


@pytest.mark.parametrize("taken", [True, False])
async def test_a_message_that_was_taken_is_not_given_again(taken: bool) -> None:
    connection = _connected()
    stream = BodyStream(connection, [1, 2], lambda quirk: None)
    connection.data_received(_body(1, b"first", 0))
    if taken:
        assert stream.take_whole(100) == [(1, b"first")]
    connection.data_received(_body(1, b"again", 0) + _body(2, b"second", 0) + b"t1 OK\r\n")
    expected = [b"second"] if taken else [b"first", b"second"]
    assert [await body.read() async for body in stream] == expected
    connection.abort()
