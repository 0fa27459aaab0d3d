from __future__ import annotations

import asyncio
import os
import zlib
from itertools import pairwise
from unittest import mock

import pytest

from tests.imap.conftest import endpoint_of
from trasloco.imap.client import connect
from trasloco.imap.connection import Connection
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.deflate import Deflate
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.errors import ProtocolViolation
from trasloco.imap.limits import Limits
from trasloco.imap.sasl import Credentials
from trasloco.imap.values import Kind, StatusText
from trasloco.secret import Secret
from trasloco.testing.delay_proxy import DelayProxy
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.scripted_server import ScriptedServer


def unpacked(deflate: Deflate, data: bytes) -> bytes:
    deflate.feed(data)
    found = b""
    while piece := deflate.unpack():
        assert len(piece) <= 256 * 1024
        found += piece
    return found


COMPRESSING = "protocol imap {\n  mail_plugins = $mail_plugins imap_zlib\n}"


def test_what_is_packed_comes_out_however_it_was_cut() -> None:
    here, there = Deflate(), Deflate()
    sent = [b"a1 NOOP\r\n", os.urandom(1000), b"x" * 3_000_000, b"end\r\n"]
    packed = b"".join(here.pack(each) for each in sent)
    received = b""
    for start in range(0, len(packed), 7):
        received += unpacked(there, packed[start : start + 7])
    assert received == b"".join(sent)


def test_each_piece_can_be_read_at_once() -> None:
    here, there = Deflate(), Deflate()
    for text in (b"* OK one\r\n", b"* OK two\r\n"):
        assert unpacked(there, here.pack(text)) == text


def test_what_is_not_compressed_ends_the_connection() -> None:
    with pytest.raises(ProtocolViolation, match="not compressed"):
        unpacked(Deflate(), b"* OK still here\r\n")


def test_a_stream_that_ended_and_goes_on_is_refused() -> None:
    packing = zlib.compressobj(1, zlib.DEFLATED, -15)
    ended = packing.compress(b"bye") + packing.flush()
    deflate = Deflate()
    assert unpacked(deflate, ended) == b"bye"
    with pytest.raises(ProtocolViolation, match="ended"):
        unpacked(deflate, ended)


async def test_a_real_server_is_spoken_to_compressed_both_ways(user: str) -> None:
    message = b"Subject: packed\r\n\r\n" + b"The same words again and again.\r\n" * 20_000
    with Dovecot(plugins=("zlib",), extra=COMPRESSING) as server, DelayProxy(server.host, server.port) as proxy:
        client = await connect(Endpoint("localhost", proxy.port, Security.PLAIN, address=proxy.host))
        await client.login(Credentials(user, Secret(server.password)))
        assert await client.compress()
        append = client.append(b"INBOX")
        await append.message(len(message))
        await append.write(message)
        assert (await append.finish()).uids == (1,)
        await client.select(b"INBOX", read_only=True)
        async for body in client.bodies([1]):
            assert await body.read() == message
        await client.logout()
        assert proxy.bytes_up < len(message) // 10
        assert proxy.bytes_down < len(message) // 10


async def test_a_server_without_it_is_not_asked(dovecot_source: Dovecot, user: str) -> None:
    client = await connect(Endpoint("localhost", dovecot_source.port, Security.PLAIN, address=dovecot_source.host))
    await client.login(Credentials(user, Secret(dovecot_source.password)))
    assert not await client.compress()
    await client.noop()
    await client.logout()


async def test_a_server_that_says_no_is_served_as_before() -> None:
    script = """S: * PREAUTH [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] ready
C: t1 COMPRESS DEFLATE
S: t1 NO [COMPRESSIONACTIVE] DEFLATE active via TLS
C: t2 NOOP
S: t2 OK done
"""
    async with ScriptedServer(script) as server:
        client = await connect(endpoint_of(server))
        assert not await client.compress()
        await client.noop()
        client.abort()


async def test_what_unpacks_to_much_leaves_the_others_their_turn() -> None:
    """Sixteen megabytes in one piece of sixteen kilobytes: read a megabyte at a time, and all of it."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(packing.compress(b"* OK" + b" " * 99_994 + b"\r\n") for _ in range(160)) + packing.flush(zlib.Z_SYNC_FLUSH)
    connection = Connection(Deadlines(), Limits(unasked=2**30))
    transport = mock.Mock(spec=asyncio.Transport)
    transport.is_closing.return_value = False
    connection.connection_made(transport)
    connection.data_received(b"* PREAUTH ready\r\n")
    connection.begin_compression(StatusText(Kind.OK, "", b"", "go"))
    turns = []
    connection.data_received(bomb)
    while connection._unpacking:
        turns.append(connection.protocol.unasked.size)
        await asyncio.sleep(0)
    turns.append(connection.protocol.unasked.size)
    assert transport.pause_reading.called
    assert transport.resume_reading.called
    assert turns[-1] > 16_000_000
    assert max(after - before for before, after in pairwise(turns)) < 1_500_000
    connection.abort()
