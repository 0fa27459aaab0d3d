from __future__ import annotations

import pytest

from tests.imap.conftest import Play, endpoint_of, script
from trasloco.imap.client import connect
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.errors import LoginImpossible, LoginRefused
from trasloco.imap.sasl import Acting, Credentials
from trasloco.secret import Secret
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.scripted_server import ScriptedServer
from trasloco.testing.token_endpoint import TokenEndpoint

ANNA = Credentials("anna", Secret("päss"))
TOKEN = Credentials("anna", Secret("token"), oauth=True)


@pytest.mark.parametrize(
    ("name", "credentials"),
    [
        ("login_plain_ir", ANNA),
        ("login_master", Credentials("master", Secret("päss"), authorization="anna")),
        ("login_other_mechanism", ANNA),
        ("login_literal", Credentials('an"na', Secret("päss"))),
        ("login_cram_md5", Credentials("tim", Secret("tanstaaftanstaaf"))),
        ("login_sasl_login", ANNA),
        ("login_masterauth", Credentials("admin", Secret("master"), authorization="anna", acting=Acting.MASTERAUTH)),
        ("login_proxyauth", Credentials("admin", Secret("pass"), authorization="an na", acting=Acting.PROXYAUTH)),
    ],
)
async def test_ways_in(play: Play, name: str, credentials: Credentials) -> None:
    async with play(name) as client:
        await client.login(credentials)
        assert client.authenticated
        assert "AUTH=PLAIN" not in client.capabilities


async def test_a_wrong_password_is_tried_once(play: Play) -> None:
    async with play("login_refused") as client:
        with pytest.raises(LoginRefused) as refused:
            await client.login(ANNA)
        assert refused.value.status.code == "AUTHENTICATIONFAILED"
        assert "päss" not in str(refused.value) + repr(refused.value)
        assert not client.authenticated
        await client.noop()


async def test_what_gmail_says_of_a_token(play: Play) -> None:
    async with play("login_xoauth2_error") as client:
        with pytest.raises(LoginRefused, match=r'Invalid credentials \(Failure\) \{"status":"400"'):
            await client.login(TOKEN)


async def test_oauthbearer_error() -> None:
    async with ScriptedServer(script("login_oauthbearer_error")) as server:
        client = await connect(endpoint_of(server))
        client.endpoint = Endpoint("127.0.0.1", 993, Security.PLAIN)  # host and port are part of what is sent
        with pytest.raises(LoginRefused, match="invalid_token"):
            await client.login(TOKEN)
        client.abort()


@pytest.mark.parametrize("credentials", [ANNA, TOKEN, Credentials("m", Secret("x"), authorization="anna")])
async def test_no_way_in(play: Play, credentials: Credentials) -> None:
    async with play("starttls_missing") as client:
        with pytest.raises(LoginImpossible):
            await client.login(credentials)


async def test_preauth_needs_no_login(play: Play) -> None:
    async with play("search") as client:
        await client.login(ANNA)
        assert client.authenticated


async def test_a_server_that_repeats_the_password() -> None:
    lines: list[str] = []
    async with ScriptedServer(script("login_echo")) as server:
        client = await connect(endpoint_of(server), log=lines.append)
        with pytest.raises(LoginRefused, match=r'BAD Unknown command: LOGIN anna "\(hidden\)" \(\(hidden\)\)') as refused:
            await client.login(Credentials("anna", Secret('s3cret "x"')))
        client.abort()
    assert "s3cret" not in "".join(lines) + repr(refused.value) + str(refused.value)


@pytest.mark.parametrize(
    ("name", "acting", "command"),
    [("login_masterauth_refused", Acting.MASTERAUTH, "X-SETUSER"), ("login_proxyauth_refused", Acting.PROXYAUTH, "PROXYAUTH")],
)
async def test_an_administrator_s_own_session_is_never_left_open(play: Play, name: str, acting: Acting, command: str) -> None:
    async with play(name) as client:
        with pytest.raises(LoginRefused) as refused:
            await client.login(Credentials("admin", Secret("pass"), authorization="anna", acting=acting))
        assert refused.value.command == command
        assert client.closed
        assert not client.authenticated


@pytest.mark.parametrize(("name", "words"), [("login_scram_broken", "does not follow SCRAM"), ("login_scram_unproved", "did not prove")])
async def test_a_server_that_cannot_prove_itself_is_not_believed(
    play: Play, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    """And PLAIN is not tried on it, although it is offered."""
    monkeypatch.setattr("trasloco.imap.scram.secrets.token_urlsafe", lambda size: "rOprNGfwEbeRWgbNEkqO")
    async with play(name) as client:
        with pytest.raises(LoginImpossible, match=words) as broken:
            await client.login(ANNA)
        assert broken.value.sent
        assert not client.authenticated


ODD = 'pä ss;"1\\ %'


@pytest.mark.parametrize("mechanism", ["scram-sha-256", "scram-sha-1", "cram-md5", "plain", "login"])
async def test_a_real_server_s_mechanisms_take_an_odd_password(mechanism: str) -> None:
    with Dovecot(users={"anna": ODD}, extra=f"auth_mechanisms = {mechanism}") as server:
        for password, well in ((ODD, True), ("wrong", False)):
            client = await connect(Endpoint("localhost", server.port, Security.PLAIN, address=server.host))
            assert f"AUTH={mechanism.upper()}" in client.capabilities
            if well:
                await client.login(Credentials("anna", Secret(password)))
                assert client.authenticated
            else:
                with pytest.raises(LoginRefused):
                    await client.login(Credentials("anna", Secret(password)))
            await client.logout()


async def test_a_real_server_opens_a_mailbox_for_its_master_by_scram(user: str) -> None:
    with Dovecot(master=("boss", ODD), extra="auth_mechanisms = scram-sha-256") as server:
        client = await connect(Endpoint("localhost", server.port, Security.PLAIN, address=server.host))
        await client.login(Credentials("boss", Secret(ODD), authorization=user))
        assert client.authenticated
        await client.logout()


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
async def test_a_real_server_takes_a_token_and_tells_why_it_does_not(endpoint: TokenEndpoint, user: str, mechanism: str) -> None:
    with Dovecot(introspection=endpoint.introspection, extra=f"auth_mechanisms = {mechanism}") as server:
        for token, well in ((endpoint.issue(user), True), ("never-issued", False)):
            client = await connect(Endpoint("localhost", server.port, Security.PLAIN, address=server.host))
            if well:
                await client.login(Credentials(user, Secret(token), oauth=True))
                assert client.authenticated
            else:
                with pytest.raises(LoginRefused, match=r'"status":"(401|invalid_token)"') as refused:
                    await client.login(Credentials(user, Secret(token), oauth=True))
                assert "never-issued" not in str(refused.value)
            await client.logout()
