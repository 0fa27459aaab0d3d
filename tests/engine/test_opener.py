"""Signing in: which login is tried, and when no other is."""

from __future__ import annotations

import hashlib

import pytest

from trasloco.engine.account import Side
from trasloco.engine.failure import Retry, SideName, TransferError
from trasloco.engine.master_memory import MasterMemory
from trasloco.engine.master_user import Dialect, MasterLogin, MasterUser
from trasloco.engine.opener import close, credentials_now, open_side
from trasloco.engine.probe import probe
from trasloco.engine.token_source import TokenUnavailable
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret
from trasloco.testing.scripted_server import ScriptedServer

GREETING = "S: * OK [CAPABILITY IMAP4rev1] ready\n"
REFUSED = "NO [AUTHENTICATIONFAILED] no"


def login(user: str, answer: str, greeting: str = GREETING) -> str:
    return f"{greeting}C: t1 LOGIN {user} secret\nS: t1 {answer}\n"


def endpoint_of(server: ScriptedServer) -> Endpoint:
    return Endpoint("localhost", server.port, Security.PLAIN, address=server.host)


def by_master(server: ScriptedServer, mailbox: str = "anna", name: str = "master", memory: MasterMemory | None = None) -> Side:
    user = MasterUser(name, Secret("secret"), preferred=Dialect.JOINED)
    return Side.by_master(SideName.DESTINATION, endpoint_of(server), MasterLogin(user, mailbox, memory or MasterMemory()))


async def refusal(side: Side) -> TransferError:
    with pytest.raises(TransferError) as caught:
        await open_side(side)
    return caught.value


async def test_a_login_that_is_put_off_is_not_followed_by_another() -> None:
    script = login('"anna*master"', "NO [UNAVAILABLE] Temporary authentication failure")
    async with ScriptedServer(script) as server:
        error = await refusal(by_master(server))
        assert (error.failure.retry, error.failure.code, server.connections) == (Retry.LATER, "login-later", 1)


EXCHANGE = "S: * OK The Microsoft Exchange IMAP4 service is ready.\nC: t1 CAPABILITY\nS: * CAPABILITY IMAP4rev1 AUTH=PLAIN\nS: t1 OK done\n"


async def test_wrong_dialects_end_in_clear_words_after_two_tries() -> None:
    first = EXCHANGE + "C: t2 AUTHENTICATE PLAIN\nS: +\nC: AERPTVxhZG1pblxhbm5hAHNlY3JldA==\nS: t2 NO LOGIN failed.\n"
    second = EXCHANGE + "C: t2 AUTHENTICATE PLAIN\nS: +\nC: YW5uYUBvbGQuZXhhbXBsZQBET01cYWRtaW4Ac2VjcmV0\nS: t2 NO LOGIN failed.\n"
    async with ScriptedServer(first, second) as server:
        error = await refusal(by_master(server, "anna@old.example", "DOM\\admin"))
        assert (error.failure.retry, error.failure.code, server.connections) == (Retry.NEVER, "login-refused", 2)
        assert "anna@old.example (by DOM\\admin) could not sign in" in error.failure.words
        assert "as one name, master\\alias, where the server says “NO LOGIN failed.”" in error.failure.words
        assert "by authorization identity, where" in error.failure.words


async def test_kerio_is_asked_its_own_way() -> None:
    script = """
S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] Kerio Connect 9.4.1 IMAP4rev1 server ready
C: t1 X-MASTERAUTH
S: + <17@kerio>
C: 2ba11b1ea1a9aa4a2d7a9ee5a4d7a0a6
S: t1 OK X-MASTERAUTH Welcome to server, master
C: t2 X-SETUSER anna
S: t2 OK [CAPABILITY IMAP4rev1] X-SETUSER completed
"""
    script = script.replace("2ba11b1ea1a9aa4a2d7a9ee5a4d7a0a6", hashlib.md5(b"<17@kerio>secret").hexdigest())
    async with ScriptedServer(script) as server:
        client, side = await open_side(by_master(server))
        assert (side.doubt, side.master, server.connections) == ("", None, 1)
        client.abort()


async def test_sun_is_asked_by_proxyauth_where_it_has_no_plain() -> None:
    greeting = "S: * OK [CAPABILITY IMAP4rev1 XSENDER X-NETSCAPE] Messaging Server ready\n"
    script = login("master", "OK in", greeting) + "C: t2 PROXYAUTH anna\nS: t2 OK [CAPABILITY IMAP4rev1] Completed\n"
    async with ScriptedServer(script) as server:
        client, _ = await open_side(by_master(server))
        client.abort()


async def test_what_a_server_speaks_is_remembered_for_its_other_mailboxes() -> None:
    memory = MasterMemory()
    plain = "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] Dovecot ready.\n"
    joined_no = plain + "C: t1 AUTHENTICATE PLAIN AGFubmEqbWFzdGVyAHNlY3JldA==\nS: t1 NO [AUTHENTICATIONFAILED] no\n"
    ours = "C: t2 CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: t2 OK done\nC: t3 STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY)\n"
    ours += "S: * STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)\nS: t3 OK done\n"
    anna = plain + "C: t1 AUTHENTICATE PLAIN YW5uYQBtYXN0ZXIAc2VjcmV0\nS: t1 OK in\n" + ours
    himself = plain + "C: t1 AUTHENTICATE PLAIN AG1hc3RlcgBzZWNyZXQ=\nS: t1 NO [AUTHENTICATIONFAILED] no\n"
    bruno = plain + "C: t1 AUTHENTICATE PLAIN YnJ1bm8AbWFzdGVyAHNlY3JldA==\nS: t1 OK [CAPABILITY IMAP4rev1] in\n"
    async with ScriptedServer(joined_no, anna.partition("C: t3")[0], himself, bruno) as server:
        for name in ("anna", "bruno"):
            client, side = await open_side(by_master(server, name, memory=memory))
            assert side.doubt == ""
            client.abort()
        assert server.connections == 4


class Tokens:
    """Gives "t1", "t2" ..., a new one only when asked for a fresh one; then what ``ends`` says."""

    remedy = "Give Trasloco the right again"

    def __init__(self, ends: TokenUnavailable | None = None) -> None:
        self.given, self._ends = 1, ends

    async def token(self, mailbox: str, *, fresh: bool = False) -> Secret:
        assert mailbox == "anna"
        if fresh and self._ends is not None:
            raise self._ends
        self.given += fresh
        return Secret(f"t{self.given}")


OAUTH = "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] ready\n"
FIRST = OAUTH + "C: t1 AUTHENTICATE XOAUTH2 dXNlcj1hbm5hAWF1dGg9QmVhcmVyIHQxAQE=\nS: t1 NO [AUTHENTICATIONFAILED] expired\n"
SECOND = OAUTH + "C: t1 AUTHENTICATE XOAUTH2 dXNlcj1hbm5hAWF1dGg9QmVhcmVyIHQyAQE=\n"


def by_token(server: ScriptedServer, tokens: Tokens) -> Side:
    return Side(SideName.SOURCE, endpoint_of(server), Credentials("anna", Secret("")), tokens=tokens)


async def test_a_token_that_ran_out_is_followed_by_a_fresh_one() -> None:
    async with ScriptedServer(FIRST, SECOND + "S: t1 OK [CAPABILITY IMAP4rev1] in\n") as server:
        client, side = await open_side(by_token(server, Tokens()))
        assert side.credentials.secret.reveal() == ""  # no token is kept with the side
        now = await credentials_now(side)
        assert (now.oauth, now.secret.reveal()) == (True, "t2")
        client.abort()


async def test_a_fresh_token_that_is_refused_is_the_end_and_says_what_to_do() -> None:
    async with ScriptedServer(FIRST, SECOND + "S: t1 NO [AUTHENTICATIONFAILED] revoked\n") as server:
        error = await refusal(by_token(server, Tokens()))
        assert (error.failure.retry, error.failure.code, server.connections) == (Retry.NEVER, "login-refused", 2)
        assert "“NO [AUTHENTICATIONFAILED] revoked”. Give Trasloco the right again" in error.failure.words


async def test_a_token_that_opens_no_mailbox_says_what_to_do() -> None:
    """Exchange Online takes the token of an app and does not let it into a mailbox it has no right to."""
    taken = FIRST.partition("S: t1")[0] + "S: t1 OK [CAPABILITY IMAP4rev1] in\n"
    refused = 'C: t2 LIST "" "*"\nS: t2 NO User is authenticated but not connected.\n'
    async with ScriptedServer(taken + refused) as server:
        found = await probe(by_token(server, Tokens()))
    assert found.failure is not None
    assert (found.failure.retry, found.failure.code) == (Retry.NEVER, "login-refused")
    assert "“NO User is authenticated but not connected.”. Give Trasloco the right again" in found.failure.words


@pytest.mark.parametrize(("permanent", "retry", "code"), [(True, Retry.NEVER, "token-refused"), (False, Retry.LATER, "token-later")])
async def test_no_token_is_a_failure_in_the_provider_s_words(permanent: bool, retry: Retry, code: str) -> None:
    ends = TokenUnavailable("the provider says “invalid_grant”", "Sign in anew", permanent=permanent, after=7.0 if not permanent else None)
    async with ScriptedServer(FIRST) as server:
        error = await refusal(by_token(server, Tokens(ends)))
    assert (error.failure.retry, error.failure.code) == (retry, code)
    assert "the provider says “invalid_grant”. Sign in anew" in error.failure.words
    assert error.failure.after == (None if permanent else 7.0)


async def test_a_password_beyond_ascii_is_tried_in_latin_1_after_utf_8_and_no_third_time() -> None:
    greeting = "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\n"
    utf_8 = greeting + "C: t1 AUTHENTICATE PLAIN AGFubmEAcMOkc3M=\nS: t1 NO [AUTHENTICATIONFAILED] no\n"
    latin = greeting + "C: t1 AUTHENTICATE PLAIN AGFubmEAcORzcw==\nS: t1 "
    for answer, well in (("OK [CAPABILITY IMAP4rev1] in", True), (REFUSED, False)):
        async with ScriptedServer(utf_8, latin + answer) as server:
            side = Side(SideName.SOURCE, endpoint_of(server), Credentials("anna", Secret("päss")))
            if well:
                client, found = await open_side(side)
                assert found.credentials.charset == "latin-1"
                await close(client)
            else:
                await refusal(side)
            assert server.connections == 2
