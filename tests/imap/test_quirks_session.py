"""Odd sessions on the wire: greetings, capabilities, logins, goodbyes, and a connection that is renewed."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.imap.meets import meets, talk
from trasloco.imap import quirks
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.errors import CommandFailed, ConnectionLost, LoginImpossible, LoginRefused
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret

ANNA = Credentials("anna", Secret("päss"))


@meets(quirks.CAPABILITIES_CHANGE, quirks.CAPABILITY_SPACING)
async def test_capabilities_are_asked_for_again_after_the_login() -> None:
    script = """
        S: * OK ready
        C: t1 CAPABILITY
        S: * CAPABILITY  IMAP4rev1   AUTH=PLAIN SASL-IR  MOVE\x20
        S: t1 OK
        C: t2 AUTHENTICATE PLAIN AGFubmEAcMOkc3M=
        S: t2 OK welcome
        C: t3 CAPABILITY
        S: * CAPABILITY IMAP4rev1 UIDPLUS
        S: t3 OK
        """
    async with talk(script) as client:
        assert sorted(client.capabilities) == ["AUTH=PLAIN", "IMAP4REV1", "MOVE", "SASL-IR"]
        await client.login(ANNA)
        assert sorted(client.capabilities) == ["IMAP4REV1", "UIDPLUS"]


@meets(quirks.PREAUTH)
async def test_preauth_needs_no_login() -> None:
    async with talk("S: * PREAUTH [CAPABILITY IMAP4rev1] hello anna\n") as client:
        assert client.authenticated
        await client.login(ANNA)


@meets(quirks.LOGIN_DISABLED)
async def test_login_disabled_sends_no_password() -> None:
    async with talk("S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS] hello\n") as client:
        with pytest.raises(LoginImpossible, match="it may ask for TLS first"):
            await client.login(ANNA)


@meets(quirks.MECHANISM_UNKNOWN)
async def test_a_mechanism_that_is_offered_and_not_known() -> None:
    script = """
        S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+] ready
        C: t1 AUTHENTICATE PLAIN AGFubmEAcMOkc3M=
        S: t1 NO Unsupported authentication mechanism
        C: t2 LOGIN anna {5+}
        C: päss
        S: t2 NO [AUTHENTICATIONFAILED] Authentication failed
        """
    async with talk(script) as client:
        with pytest.raises(LoginRefused, match="Authentication failed"):
            await client.login(ANNA)


@meets(quirks.BYE_WITHOUT_CLOSE)
async def test_a_bye_after_which_nothing_happens() -> None:
    script = """
        S: * PREAUTH [CAPABILITY IMAP4rev1] ready
        C: t1 NOOP
        S: * BYE going down for maintenance
        wait 5
        """
    async with talk(script, deadlines=Deadlines(logout=0.2)) as client:
        began = time.monotonic()
        with pytest.raises(ConnectionLost, match="going down for maintenance"):
            await client.noop()
        assert time.monotonic() - began < 3


@meets(quirks.LOGOUT_CUT)
@pytest.mark.parametrize("end", ["close", "cut", "S: * BYE bye\n        close"])
async def test_a_connection_that_ends_before_the_answer_to_logout(end: str) -> None:
    script = f"""
        S: * PREAUTH [CAPABILITY IMAP4rev1] ready
        C: t1 LOGOUT
        {end}
        """
    async with talk(script) as client:
        await client.logout()
        assert client.closed


@meets(quirks.TEN_ERRORS)
async def test_refusals_are_counted_and_the_connection_is_renewed() -> None:
    opening = """
        S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR UNSELECT] The Microsoft Exchange IMAP4 service is ready.
        C: t1 AUTHENTICATE PLAIN AGFubmEAcMOkc3M=
        S: t1 OK [CAPABILITY IMAP4rev1 UNSELECT] done
        C: t2 EXAMINE Sent
        S: * OK [UIDVALIDITY {}] valid
        S: t2 OK
        """
    first = opening.format(7) + 'C: t3 CREATE x\nS: t3 NO no\nC: t4 CREATE "y "\nS: t4 BAD no\nC: t5 LOGOUT\nS: t5 OK\n'
    second = opening.format(7) + "C: t3 CREATE x\nS: t3 NO no\nC: t4 LOGOUT\nclose\n"
    lines = ["\n".join(line.strip() for line in script.splitlines()) for script in (first, second, opening.format(8))]
    async with talk(*lines) as client:
        await client.login(ANNA)
        await client.select(b"Sent", read_only=True)
        for name in (b"x", b"y "):
            with pytest.raises(CommandFailed):
                await client.create(name)
        assert client.refusals == 2
        await client.renew(ANNA)
        assert client.refusals == 0
        assert client.selected is not None
        assert client.selected.name == b"Sent"
        with pytest.raises(CommandFailed):
            await client.create(b"x")
        with pytest.raises(ConnectionLost, match="renumbered"):
            await client.renew(ANNA)
        assert client.closed
        await asyncio.sleep(0)
