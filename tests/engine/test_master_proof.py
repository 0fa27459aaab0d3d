"""Whose mailbox a master user opened: on real servers, and on one that opens the wrong one."""

from __future__ import annotations

import imaplib

import pytest

from trasloco.engine.account import Side
from trasloco.engine.failure import SideName, TransferError
from trasloco.engine.master_memory import MasterMemory
from trasloco.engine.master_user import SEPARATOR, Dialect, MasterLogin, MasterUser
from trasloco.engine.opener import close, open_side
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.secret import Secret
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.scripted_server import ScriptedServer
from trasloco.testing.server import LocalServer

GREETING = "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] old server ready\n"


def side_of(
    server: LocalServer | ScriptedServer,
    master: tuple[str, str],
    mailbox: str,
    preferred: Dialect = Dialect.AUTHZID,
    separator: str = SEPARATOR,
    memory: MasterMemory | None = None,
) -> Side:
    endpoint = Endpoint("localhost", server.port, Security.PLAIN, address=server.host)
    user = MasterUser(master[0], Secret(master[1]), separator, preferred)
    return Side.by_master(SideName.SOURCE, endpoint, MasterLogin(user, mailbox, memory or MasterMemory()))


def fill(server: LocalServer, user: str, password: str, count: int) -> None:
    with imaplib.IMAP4(server.host, server.port) as connection:
        connection.login(user, password)
        for number in range(count):
            connection.append("INBOX", "", "", f"Subject: {number} of {user}\r\n\r\nHello\r\n".encode())


async def messages_of(side: Side) -> tuple[int, str]:
    """How many messages the opened INBOX has, and what is doubted of it."""
    client, found = await open_side(side)
    try:
        return (await client.select(b"INBOX", read_only=True)).exists, found.doubt
    finally:
        await close(client)


@pytest.mark.parametrize("preferred", [Dialect.AUTHZID, Dialect.JOINED])
async def test_dovecot_opens_the_user_s_mailbox_in_both_forms(dovecot_source: Dovecot, user: str, preferred: Dialect) -> None:
    fill(dovecot_source, user, dovecot_source.password, 5)
    assert dovecot_source.master is not None
    assert await messages_of(side_of(dovecot_source, dovecot_source.master, user, preferred)) == (5, "")


async def test_cyrus_opens_the_user_s_mailbox_however_the_operator_wrote_it(cyrus: Cyrus, user: str) -> None:
    fill(cyrus, user, cyrus.password, 4)
    assert await messages_of(side_of(cyrus, cyrus.master, user, Dialect.JOINED)) == (4, "")


async def test_a_dovecot_without_separator_is_opened_at_the_second_try(user: str) -> None:
    with Dovecot(master=("boss", "secret"), master_separator="", users={user: "own"}) as server:
        fill(server, user, "own", 2)
        assert await messages_of(side_of(server, ("boss", "secret"), user, Dialect.JOINED)) == (2, "")


async def test_an_administrator_with_mail_of_his_own_is_told_apart(user: str) -> None:
    with Dovecot(master=("boss", "secret"), users={user: "own", "boss": "secret"}) as server:
        fill(server, user, "own", 3)
        fill(server, "boss", "secret", 4)
        assert await messages_of(side_of(server, ("boss", "secret"), user)) == (3, "")


@pytest.mark.parametrize("kind", ["dovecot", "cyrus"])
async def test_a_wrong_master_ends_in_clear_words(dovecot_source: Dovecot, cyrus: Cyrus, user: str, kind: str) -> None:
    server: Dovecot | Cyrus = dovecot_source if kind == "dovecot" else cyrus
    with pytest.raises(TransferError) as caught:
        await open_side(side_of(server, ("nobody", "wrong"), user))
    assert caught.value.failure.code == "login-refused"
    assert f"{user} (by nobody) could not sign in. Tried: by authorization identity, where" in caught.value.failure.words
    assert caught.value.failure.words.count("where the server says") == (2 if kind == "dovecot" else 1)


def session(messages: int, validity: int, listed: str = "") -> str:
    """What an INBOX tells of itself after the login; then its messages, if they are asked for."""
    status = f"S: * STATUS INBOX (MESSAGES {messages} UIDNEXT 9 UIDVALIDITY {validity})\nS: t2 OK done\n"
    script = f"S: t1 OK [CAPABILITY IMAP4rev1 UNSELECT] in\nC: t2 STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY)\n{status}"
    if listed:
        script += f"C: t3 EXAMINE INBOX\nS: * {messages} EXISTS\nS: * OK [UIDVALIDITY {validity}] ok\nS: t3 OK [READ-ONLY] done\n"
        script += f"C: t4 UID FETCH 1:* (UID RFC822.SIZE INTERNALDATE)\n{listed}S: t4 OK done\nC: t5 UNSELECT\nS: t5 OK done\n"
    return script


def letters(*sizes: int) -> str:
    line = 'S: * {0} FETCH (UID {0} RFC822.SIZE {1} INTERNALDATE "01-Jan-2024 10:00:00 +0000")\n'
    return "".join(line.format(number, size) for number, size in enumerate(sizes, 1))


ANNA = GREETING + "C: t1 AUTHENTICATE PLAIN YW5uYQBtYXN0ZXIAc2VjcmV0\n"
HIMSELF = GREETING + "C: t1 AUTHENTICATE PLAIN AG1hc3RlcgBzZWNyZXQ=\n"


async def played(anna: str, himself: str) -> str:
    async with ScriptedServer(ANNA + anna, HIMSELF + himself) as server:
        client, side = await open_side(side_of(server, ("master", "secret"), "anna"))
        client.abort()
        return side.doubt


SAME = session(4, 77, letters(100, 200, 300, 400))
JOINED = GREETING + "C: t1 AUTHENTICATE PLAIN AGFubmEqbWFzdGVyAHNlY3JldA==\n"


async def test_a_server_that_opens_the_administrator_s_own_mailbox_is_caught() -> None:
    """The other dialect is tried, and refused; what is told is what matters."""
    async with ScriptedServer(ANNA + SAME, HIMSELF + SAME, JOINED + "S: t1 NO no such user\n") as server:
        with pytest.raises(TransferError, match=r"opened his own mailbox instead of that of anna\. Nothing was copied") as caught:
            await open_side(side_of(server, ("master", "secret"), "anna"))
        assert (caught.value.failure.code, server.connections) == ("master-opens-his-own", 3)


async def test_nobody_signs_in_where_all_dialects_are_misunderstood() -> None:
    memory = MasterMemory()
    async with ScriptedServer(GREETING) as server:
        for dialect in (Dialect.AUTHZID, Dialect.JOINED):
            memory.misunderstood(("localhost", server.port, "master"), dialect)
        with pytest.raises(TransferError, match="opened his own mailbox instead of that of bruno"):
            await open_side(side_of(server, ("master", "secret"), "bruno", memory=memory))


async def test_a_server_that_misunderstands_one_dialect_is_asked_in_the_other() -> None:
    async with ScriptedServer(ANNA + SAME, HIMSELF + SAME, JOINED + "S: t1 OK [CAPABILITY IMAP4rev1] in\n") as server:
        client, side = await open_side(side_of(server, ("master", "secret"), "anna"))
        assert (side.doubt, side.credentials.login) == ("", "anna*master")
        client.abort()


@pytest.mark.parametrize(
    ("anna", "himself"),
    [
        (session(4, 77), session(4, 78)),
        (session(4, 77), "S: t1 NO [AUTHENTICATIONFAILED] no such user\n"),
        (session(0, 77), session(3, 77)),
        (session(3, 77, letters(1, 2, 3)), session(3, 77, letters(1, 2, 4))),
    ],
    ids=["uidvalidity", "no-mailbox", "one-empty", "other-messages"],
)
async def test_what_proves_that_it_is_the_user_s(anna: str, himself: str) -> None:
    assert await played(anna, himself) == ""


@pytest.mark.parametrize(
    ("anna", "himself", "words"),
    [
        (session(0, 77), session(0, 77), "both empty"),
        (session(2, 77, letters(1, 2)), session(2, 77, letters(1, 2)), "the same few messages"),
        (session(2, 77), "S: t1 NO [UNAVAILABLE] try again\n", "put off"),
    ],
)
async def test_what_cannot_be_proved_is_said(anna: str, himself: str, words: str) -> None:
    doubt = await played(anna, himself)
    assert words in doubt
    assert "could not be proved" in doubt
