"""The client against real Dovecot, Cyrus and Courier, with IMAPClient as the oracle, over plain TCP and TLS."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from imapclient import IMAPClient  # type: ignore[import-untyped]

from trasloco.imap import dates
from trasloco.imap.client import Client, connect
from trasloco.imap.dates import InternalDate
from trasloco.imap.endpoint import Endpoint, Security, Trust
from trasloco.imap.errors import CommandFailed, ConnectionLost, LoginRefused
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret
from trasloco.testing.courier import Courier
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot

SERVERS = ("dovecot_source", "dovecot_destination", "cyrus", "courier")
Server = Dovecot | Cyrus | Courier


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Server:
    """Each of the servers in turn."""
    found: Server = request.getfixturevalue(request.param)
    return found


async def opened(server: Server, user: str, security: Security = Security.PLAIN) -> Client:
    port = server.port if security is not Security.IMPLICIT else server.tls_port
    client = await connect(Endpoint("localhost", port, security, Trust.PIN, server.host))
    await client.login(Credentials(user, Secret(server.password)))
    return client


def letters(count: int, seed: int) -> list[bytes]:
    chance = random.Random(seed)
    sizes = [chance.choice((0, 1, 10, 1000, 5000, 4096, 4097, 70_000)) for _ in range(count)]
    octets = bytes(number if number not in (0, 10, 13) else 1 for number in range(256))  # servers mend line ends
    return [b"Subject: %d\r\n\r\n" % number + chance.randbytes(size).translate(octets) + b"\r\n" for number, size in enumerate(sizes)]


async def fill(client: Client, name: bytes, messages: list[bytes], date: InternalDate | None = None) -> list[int]:
    pending = []
    at_once = 50 if "MULTIAPPEND" in client.capabilities else 1
    for start in range(0, len(messages), at_once):
        command = client.append(name)
        for message in messages[start : start + at_once]:
            await command.message(len(message), ["\\Seen", "$Forwarded"], date)
            for at in range(0, len(message), 9000):
                await command.write(message[at : at + 9000])
        pending.append(command.finish())
    return [uid for answer in pending for uid in (await answer).uids or ()]


@pytest.mark.parametrize("security", list(Security))
async def test_what_goes_in_comes_out(server: Server, user: str, security: Security) -> None:
    if security is not Security.PLAIN and isinstance(server, Courier):
        pytest.skip("this Courier speaks plain text only")
    client = await opened(server, user, security)
    messages = letters(120, 1)
    moment = InternalDate(1_000_000_000, 120)
    uids = await fill(client, b"INBOX", messages, moment)
    await client.select(b"INBOX", read_only=True)
    streams = [client.bodies(uids[start : start + 7]) for start in range(0, len(uids), 7)]
    inventory = {found.uid: found async for found in client.fetch(uids, ["FLAGS", "INTERNALDATE", "RFC822.SIZE"])}
    for stream in streams:
        async for body in stream:
            assert body.uid is not None
            expected = messages[uids.index(body.uid)]
            assert await body.read() == expected
            found = inventory[body.uid]
            assert found.size == body.size == len(expected)
            assert found.flags is not None
            assert {"\\Seen", "$Forwarded"} <= found.flags
            date = dates.parse(found.internal_date or b"")
            assert date is not None
            assert date.epoch == moment.epoch
        await stream.finish()
    with IMAPClient(server.host, server.port, ssl=False) as oracle:
        oracle.login(user, server.password)
        oracle.select_folder("INBOX", readonly=True)
        read = oracle.fetch(uids, ["BODY.PEEK[]"])
        assert [read[uid][b"BODY[]"] for uid in uids] == messages
    await client.logout()


async def test_names_come_back_as_they_went(dovecot_destination: Dovecot, user: str) -> None:
    client = await opened(dovecot_destination, user)
    names = [b"B&AOk-la", b'quo"te', b"back\\slash", b"a &- b", b"(x) {5}", b"&2D3cTA-", b"star*", b"deep/er/est"]
    for name in names:
        await client.create(name)
        await client.subscribe(name)
    tree = {mailbox.name: mailbox for mailbox in await client.tree()}
    for name in names:
        assert tree[name].subscribed
        assert tree[name].status is not None
        assert (await client.select(name, read_only=False)).name == name
    assert set(names) <= {mailbox.name for mailbox in await client.tree(subscribed_only=True)}
    assert {mailbox.name for mailbox in await client.tree(status=False) if "\\sent" in mailbox.attributes} == {b"Sent"}
    await client.rename(b"star*", b"star")
    await client.delete(b"star")
    with pytest.raises(CommandFailed):
        await client.delete(b"star")
    await client.logout()


async def test_flags_copy_move_search(server: Server, user: str) -> None:
    client = await opened(server, user)
    other, nowhere = (b"INBOX.Other", b"INBOX.Nowhere") if isinstance(server, Courier) else (b"Other", b"Nowhere")
    uids = await fill(client, b"INBOX", letters(10, 2))
    await client.create(other)
    await client.select(b"INBOX", read_only=False)
    await client.store(uids[:3], "+FLAGS", ["\\Flagged", "Wichtig"])
    assert await client.search(b"FLAGGED") == uids[:3]
    assert await client.copy(uids[:2], other) == {uids[0]: 1, uids[1]: 2}
    assert await client.move(uids[9:], other) == {uids[9]: 3}
    assert await client.search(b"ALL") == uids[:9]
    with pytest.raises(CommandFailed) as failed:
        await client.copy(uids[:2], nowhere)
    assert failed.value.status.code == "TRYCREATE"
    await client.logout()


async def test_master_users(dovecot_source: Dovecot, fresh_user: Callable[[], str]) -> None:
    user = fresh_user()
    assert dovecot_source.master is not None
    name, password = dovecot_source.master
    client = await opened(dovecot_source, user)
    await fill(client, b"INBOX", letters(1, 3))
    await client.logout()
    endpoint = Endpoint("localhost", dovecot_source.port, Security.PLAIN, address=dovecot_source.host)
    for credentials in (Credentials(f"{user}*{name}", Secret(password)), Credentials(name, Secret(password), authorization=user)):
        client = await connect(endpoint)
        await client.login(credentials)
        assert (await client.select(b"INBOX", read_only=True)).exists == 1
        await client.logout()
    client = await connect(endpoint)
    with pytest.raises(LoginRefused) as refused:
        await client.login(Credentials(name, Secret("wrong"), authorization=user))
    assert refused.value.status.code == "AUTHENTICATIONFAILED"
    client.abort()


async def test_a_killed_server_is_a_lost_connection(user: str) -> None:
    with Dovecot() as server:
        client = await opened(server, user)
        uids = await fill(client, b"INBOX", letters(30, 4))
        await client.select(b"INBOX", read_only=True)
        stream = client.bodies(uids)
        await anext(stream)
        server.kill()
        with pytest.raises(ConnectionLost):
            while True:
                await client.noop()
    assert client.closed
