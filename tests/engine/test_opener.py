"""Signing in: which login is tried, and when no other is."""

from __future__ import annotations

import pytest

from trasloco.engine.account import Side
from trasloco.engine.failure import Retry, SideName, TransferError
from trasloco.engine.opener import open_side
from trasloco.imap.endpoint import Endpoint, Security
from trasloco.imap.sasl import Credentials
from trasloco.secret import Secret
from trasloco.testing.scripted_server import ScriptedServer

GREETING = "S: * OK [CAPABILITY IMAP4rev1] ready\n"


def login(user: str, answer: str) -> str:
    return f"{GREETING}C: t1 LOGIN {user} secret\nS: t1 {answer}\nclose\n"


async def failed_login(*answers: str) -> tuple[TransferError, int]:
    """The error, and how many connections were made: "anna*master" first, then "anna"."""
    names = ('"anna*master"', "anna")
    async with ScriptedServer(*(login(name, answer) for name, answer in zip(names, answers, strict=True))) as server:
        endpoint = Endpoint("localhost", server.port, Security.PLAIN, address=server.host)
        first, other = (Credentials(name, Secret("secret")) for name in ("anna*master", "anna"))
        with pytest.raises(TransferError) as caught:
            await open_side(Side(SideName.DESTINATION, endpoint, first, fallback=other))
        return caught.value, server.connections


async def test_a_login_that_is_put_off_is_not_followed_by_another() -> None:
    error, connections = await failed_login("NO [UNAVAILABLE] Temporary authentication failure", "NO [AUTHENTICATIONFAILED] no")
    assert (error.failure.retry, error.failure.code, connections) == (Retry.LATER, "login-later", 1)


async def test_a_login_that_is_refused_is_tried_in_the_other_dialect() -> None:
    error, connections = await failed_login("NO [AUTHENTICATIONFAILED] no", "NO [AUTHENTICATIONFAILED] no")
    assert (error.failure.retry, error.failure.code, connections) == (Retry.NEVER, "login-refused", 2)
