"""A POP3 mailbox on a real Dovecot: signing in, TLS, what is there, messages byte by byte; and servers that are odd, from scripts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Endpoint, Security, Speech, Trust
from trasloco.imap.errors import (
    CommandFailed,
    ConnectionLost,
    DeadlineExceeded,
    LoginImpossible,
    LoginRefused,
    NotPop3,
    ProtocolViolation,
    TlsFailed,
)
from trasloco.imap.sasl import Credentials
from trasloco.pop3.mailbox import PopMailbox, connect_pop3
from trasloco.secret import Secret
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.scripted_server import ScriptedServer

QUICK = Deadlines(greeting=2, login=2, command=2, idle_body=2, logout=0.3)


def at(server: Dovecot, security: Security = Security.PLAIN) -> Endpoint:
    port = server.pop3s_port if security is Security.IMPLICIT else server.pop3_port
    return Endpoint(server.host, port, security, Trust.PIN, speech=Speech.POP3)


def fill(server: Dovecot, user: str, *contents: bytes) -> None:
    with MailboxFiller(server.host, server.port, user, server.password) as filler:
        filler.append(("INBOX",), [Mail(content) for content in contents])


async def signed_in(endpoint: Endpoint, user: str, password: str) -> PopMailbox:
    client = await connect_pop3(endpoint, deadlines=QUICK)
    try:
        await client.login(Credentials(user, Secret(password)))
    except BaseException:
        client.abort()
        raise
    return client


@pytest.mark.parametrize("security", list(Security))
async def test_what_is_there_comes_byte_by_byte(pop3_source: Dovecot, user: str, security: Security) -> None:
    letters = [letter.content for letter in Letters("pop3").take(20)]
    odd = [b"Subject: dots\r\n\r\n.\r\n..\r\n.one\r\n", b"Subject: none\r\n\r\n", b"Subject: large\r\n\r\n" + b"0123456789\r\n" * 300_000]
    fill(pop3_source, user, *letters, *odd)
    client = await signed_in(at(pop3_source, security), user, pop3_source.password)
    assert (client.fingerprint is not None) == (security is not Security.PLAIN)
    (inbox,) = await client.tree()
    assert (inbox.name, inbox.status and inbox.status.messages) == (b"INBOX", 23)
    selected = await client.select(b"INBOX", read_only=True)
    assert (selected.exists, selected.uidnext) == (23, 24)
    found = [await body.read() async for body in client.bodies(range(1, 24))]
    # A message ends with a line end in POP3, whether it had one or not.
    assert found == [content if content.endswith(b"\r\n") else content + b"\r\n" for content in (*letters, *odd)]
    assert client.fetched == sum(len(content) for content in found)
    sizes = {item.uid: item.size async for item in client.fetch("1:*", ("UID", "RFC822.SIZE"))}
    assert len(sizes) == 23
    headers = [item.sections async for item in client.fetch([21], ("UID", "BODY.PEEK[HEADER.FIELDS (SUBJECT DATE)]"))]
    assert headers == [{b"HEADER.FIELDS (SUBJECT DATE)": b"Subject: dots\r\n\r\n"}]
    await client.logout()
    assert client.closed


async def test_a_message_is_known_by_its_uidl(pop3_source: Dovecot, user: str) -> None:
    fill(pop3_source, user, *(letter.content for letter in Letters("uidl").take(3)))
    known: dict[bytes, int] = {}

    async def give(names: list[bytes]) -> list[int]:
        return [known.setdefault(name, len(known) + 1) for name in names]

    for expected in ([1, 2, 3], [2, 3, 4]):
        client = await signed_in(at(pop3_source), user, pop3_source.password)
        await client.number(give)  # type: ignore[arg-type] # lists will do
        assert [item.uid async for item in client.fetch("1:*", ("UID",))] == expected
        await client.logout()
        with MailboxFiller(pop3_source.host, pop3_source.port, user, pop3_source.password) as filler:
            if expected == [1, 2, 3]:
                filler.delete(("INBOX",), [1])
                filler.append(("INBOX",), [Mail(b"Subject: new\r\n\r\n")])


async def test_a_wrong_password_is_tried_once(pop3_source: Dovecot, user: str) -> None:
    with pytest.raises(LoginRefused) as refused:
        await signed_in(at(pop3_source), user, "wrong")
    assert (refused.value.status.code, refused.value.tries) == ("AUTH", 1)


async def test_a_master_user_opens_it(pop3_source: Dovecot, user: str) -> None:
    fill(pop3_source, user, b"Subject: his\r\n\r\n")
    assert pop3_source.master is not None
    master, secret = pop3_source.master
    client = await connect_pop3(at(pop3_source), deadlines=QUICK)
    await client.login(Credentials(master, Secret(secret), user))
    assert (await client.select(b"INBOX", read_only=True)).exists == 1
    await client.logout()


async def test_nothing_that_changes_is_known(pop3_source: Dovecot, user: str) -> None:
    client = await signed_in(at(pop3_source), user, pop3_source.password)
    with pytest.raises(CommandFailed, match="POP3 knows no"):
        await client.store([1], "+FLAGS", ["\\Deleted"])
    with pytest.raises(CommandFailed):
        await client.select(b"INBOX", read_only=False)
    with pytest.raises(CommandFailed):
        await client.select(b"Sent", read_only=True)
    await client.logout()


def test_nothing_of_the_imap_client_is_left_to_an_imap_connection() -> None:
    """Whatever the engine may ask of a client is answered here, or falls through to a connection that is not there."""
    from trasloco.imap.client import Client

    harmless = {"note", "speak_utf8", "utf8", "wire_name", "shown_name", "store"}  # the last by ``storing``
    public = {name for name in vars(Client) if not name.startswith("_")}
    assert public - set(vars(PopMailbox)) == harmless


def script(*lines: str) -> str:
    return "\n".join(("S: +OK ready", "C: CAPA", *lines))


PASSWORD = ("C: USER anna", "S: +OK", "C: PASS secret")


async def played(*lines: str) -> tuple[ScriptedServer, Endpoint]:
    server = ScriptedServer("\n".join(lines))
    await server.__aenter__()
    return server, Endpoint("localhost", server.port, Security.PLAIN, address=server.host, speech=Speech.POP3)


@pytest.mark.parametrize(
    ("lines", "error", "words"),
    [
        (("S: * OK IMAP4rev1 ready",), NotPop3, "not a POP3 server"),
        (("S: SSH-2.0-x",), NotPop3, "not a POP3 server"),
        (("S: -ERR [SYS/TEMP] come back later",), ConnectionLost, "come back later"),
        (("close",), ConnectionLost, "greeting"),
        ((script("S: -ERR no", *PASSWORD, "S: -ERR [AUTH] wrong"),), LoginRefused, "wrong"),
        ((script("S: -ERR no", *PASSWORD, "S: -ERR [IN-USE] locked"),), LoginRefused, "locked"),
        ((script("S: -ERR no", *PASSWORD, "S: what?"),), ProtocolViolation, "neither"),
        ((script("S: +OK", "S: SASL SCRAM-SHA-512", "S: ."),), LoginImpossible, "no login by password"),
    ],
)
async def test_servers_that_do_not_let_us_in(lines: tuple[str, ...], error: type[Exception], words: str) -> None:
    server, endpoint = await played(*lines)
    with pytest.raises(error, match=words):
        await signed_in(endpoint, "anna", "secret")
    await server.__aexit__(None, None, None)


async def test_without_tls_the_password_does_not_go_where_apop_is_all_there_is() -> None:
    lines = ("S: +OK ready <1896.697170952@dbc.mtview.ca.us>", "C: CAPA", "S: +OK", "S: TOP", "S: UIDL", "S: .")
    # The digest of the example in RFC 1939 7.
    server, endpoint = await played(*lines, "C: APOP mrose c4c9334bac560ecc979e58001b3e22fb", "S: +OK", "C: STAT", "S: +OK 1 369")
    client = await signed_in(endpoint, "mrose", "tanstaaf")
    assert (await client.tree())[0].status is not None
    await client.logout()
    await server.__aexit__(None, None, None)


async def test_a_token_is_sent_on_a_line_of_its_own() -> None:
    lines = ("S: +OK", "C: CAPA", "S: +OK", "S: SASL XOAUTH2", "S: .", "C: AUTH XOAUTH2", "S: + ")
    answer = "C: dXNlcj1hbm5hAWF1dGg9QmVhcmVyIHRva2VuAQE="
    server, endpoint = await played(*lines, answer, "S: +OK", "C: STAT", "S: +OK 0 0")
    client = await connect_pop3(endpoint, deadlines=QUICK)
    await client.login(Credentials("anna", Secret("token"), oauth=True))
    await client.logout()
    await server.__aexit__(None, None, None)


async def test_stls_is_required_and_nothing_may_come_before_it() -> None:
    server, endpoint = await played("S: +OK", "C: STLS", "S: -ERR no TLS here")
    with pytest.raises(TlsFailed, match="no TLS here"):
        await connect_pop3(replace(endpoint, security=Security.STARTTLS), deadlines=QUICK)
    await server.__aexit__(None, None, None)
    server, endpoint = await played("S: +OK", "C: STLS", "S-: +OK<0D><0A>+OK injected<0D><0A>")
    with pytest.raises(ProtocolViolation, match="in between"):
        await connect_pop3(replace(endpoint, security=Security.STARTTLS), deadlines=QUICK)
    await server.__aexit__(None, None, None)


async def test_names_that_come_twice_and_sizes_that_lie() -> None:
    listed = (
        "C: UIDL",
        "S: +OK",
        "S: 1 same",
        "S: 3 same",
        "S: 4 other",
        "S: .",
        "C: LIST",
        "S: +OK",
        "S: 1 10",
        "S: 3 10",
        "S: 4 99",
        "S: .",
    )
    fetched = ("C: RETR 4", "S: +OK 99 octets", "S: A: 1", "S:", "S: ...", "S: .")
    server, endpoint = await played(script("S: -ERR no", *PASSWORD, "S: +OK", "C: STAT", "S: +OK 3 30", *listed, *fetched))
    client = await signed_in(endpoint, "anna", "secret")
    assert (await client.select(b"INBOX", read_only=True)).exists == 3
    (body,) = [body async for body in client.bodies([3])]
    assert (body.uid, body.size) == (3, 12)
    await client.logout()
    await server.__aexit__(None, None, None)


async def test_without_uidl_it_is_not_begun() -> None:
    server, endpoint = await played(
        script("S: -ERR no", *PASSWORD, "S: +OK", "C: STAT", "S: +OK 3 30", "C: UIDL", "S: -ERR unknown command")
    )
    client = await signed_in(endpoint, "anna", "secret")
    with pytest.raises(LoginImpossible, match="does not tell its messages apart"):
        await client.select(b"INBOX", read_only=True)
    await client.logout()
    await server.__aexit__(None, None, None)


async def test_headers_are_asked_for_at_once_where_the_server_lets_us() -> None:
    offered = script("S: +OK", "S: PIPELINING", "S: TOP", "S: USER", "S: .", *PASSWORD, "S: +OK", "C: STAT", "S: +OK 3 30")
    listed = ("C: UIDL", "S: +OK", "S: 1 a", "S: 2 b", "S: 3 c", "S: .", "C: LIST", "S: +OK", "S: 1 8", "S: 2 8", "S: 3 8", "S: .")
    asked = ("C: TOP 1 0", "C: TOP 2 0", "C: TOP 3 0")  # before the first answer
    answered = ("S: +OK", "S: Date: x", "S: To: y", "S:", "S: .", "S: -ERR broken", "S: +OK", "S: To: z", "S:", "S: .")
    server, endpoint = await played(offered, *listed, *asked, *answered)
    client = await signed_in(endpoint, "anna", "secret")
    await client.select(b"INBOX", read_only=True)
    found = {}
    with pytest.raises(CommandFailed, match="broken"):
        async for item in client.fetch("1:*", ("UID", "BODY.PEEK[HEADER.FIELDS (TO)]")):
            found[item.uid] = item.sections[b"HEADER.FIELDS (TO)"]
    assert found == {1: b"To: y\r\n\r\n", 3: b"To: z\r\n\r\n"}
    await client.logout()
    await server.__aexit__(None, None, None)


async def test_a_message_that_is_refused_is_named_at_the_end(fresh_user: Callable[[], str]) -> None:
    listed = ("C: UIDL", "S: +OK", "S: 1 a", "S: 2 b", "S: .", "C: LIST", "S: +OK", "S: 1 8", "S: 2 8", "S: .")
    fetched = ("C: RETR 1", "S: -ERR it is broken", "C: RETR 2", "S: +OK", "S: A: 1", "S:", "S: .")
    server, endpoint = await played(script("S: -ERR no", *PASSWORD, "S: +OK", "C: STAT", "S: +OK 2 16", *listed, *fetched))
    client = await signed_in(endpoint, "anna", "secret")
    await client.select(b"INBOX", read_only=True)
    stream = client.bodies([1, 2])
    assert [(body.uid, await body.read()) async for body in stream] == [(2, b"A: 1\r\n\r\n")]
    with pytest.raises(CommandFailed, match="it is broken"):
        await stream.finish()
    assert client.refusals == 1
    await client.logout()
    await server.__aexit__(None, None, None)


@pytest.mark.parametrize("security", [Security.IMPLICIT, Security.STARTTLS])
async def test_a_certificate_is_verified_and_a_pin_is_kept(pop3_source: Dovecot, security: Security) -> None:
    endpoint = at(pop3_source, security)
    with pytest.raises(TlsFailed) as failed:
        await connect_pop3(replace(endpoint, trust=Trust.VERIFY), deadlines=QUICK)
    assert failed.value.reason == "not-trusted"
    with pytest.raises(TlsFailed) as failed:
        await connect_pop3(replace(endpoint, fingerprint="00" * 32), deadlines=QUICK)
    assert failed.value.reason == "pin-changed"
    client = await connect_pop3(replace(endpoint, fingerprint=pop3_source.certificate.fingerprint), deadlines=QUICK)
    assert client.fingerprint == pop3_source.certificate.fingerprint
    await client.logout()


async def test_a_port_without_tls_says_so(pop3_source: Dovecot) -> None:
    with pytest.raises(TlsFailed, match="does not speak TLS"):
        await connect_pop3(replace(at(pop3_source), security=Security.IMPLICIT), deadlines=QUICK)


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("wait 30",), "greeting"),
        (("S: +OK", "C: CAPA", "wait 30"), "command"),
        (("S: +OK", "C: CAPA", "S: +OK", "S: TOP", "wait 30"), "command"),
    ],
)
async def test_a_silent_server_is_not_waited_for_longer_than_its_deadline(lines: tuple[str, ...], name: str) -> None:
    server, endpoint = await played(*lines)
    with pytest.raises(DeadlineExceeded) as silent:
        await connect_pop3(endpoint, deadlines=replace(QUICK, greeting=0.3, command=0.3))
    assert silent.value.name == name
    await server.__aexit__(None, None, None)


async def test_a_cancelled_reader_leaves_no_half_an_answer() -> None:
    listed = ("C: UIDL", "S: +OK", "S: 1 a", "S: .", "C: LIST", "S: +OK", "S: 1 8", "S: .", "C: RETR 1", "S: +OK", "S: A: 1", "wait 30")
    server, endpoint = await played(script("S: -ERR no", *PASSWORD, "S: +OK", "C: STAT", "S: +OK 1 8", *listed))
    client = await signed_in(endpoint, "anna", "secret")
    await client.select(b"INBOX", read_only=True)
    reading = asyncio.ensure_future(anext(client.bodies([1])))
    await asyncio.sleep(0.2)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert client.closed
    await server.__aexit__(None, None, None)
