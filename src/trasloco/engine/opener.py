"""Opening one side: connect, sign in, say who we are."""

from __future__ import annotations

from dataclasses import replace

from trasloco import __version__
from trasloco.engine.account import Side
from trasloco.engine.classify import blame
from trasloco.engine.failure import SideName
from trasloco.imap.client import Client, Deadlines, connect
from trasloco.imap.errors import ImapError, LoginRefused
from trasloco.imap.sasl import Credentials

# RFC 2971; Google asks for a way to reach the client's makers.
_IDENTITY = {"name": "Trasloco", "version": __version__}


async def open_side(side: Side, deadlines: Deadlines | None = None) -> Client:
    """A signed-in client of ``side``. Raises TransferError, and leaves nothing open then.

    A source's master user is tried in two dialects and no more, so that no account is locked:
    authorization identity (SASL PLAIN), then ``user*master``.
    """
    with blame(side, "signing in"):
        dialects = _dialects(side)
        for credentials in dialects:
            client = await connect(side.endpoint, deadlines=deadlines or Deadlines())
            try:
                await client.login(credentials)
                await client.identify(_IDENTITY)
            except LoginRefused:
                client.abort()
                if credentials is dialects[-1]:
                    raise
            except BaseException:
                client.abort()
                raise
            else:
                return client
    raise AssertionError("a login either succeeds or raises")


def pinned(side: Side, client: Client) -> Side:
    """The side with what the first connection found out: reconnecting must meet the same certificate."""
    return replace(side, endpoint=replace(side.endpoint, fingerprint=side.endpoint.fingerprint or client.fingerprint))


async def close(client: Client) -> None:
    """Say goodbye where that is possible; never raises an ImapError."""
    try:
        await client.logout()
    except ImapError:
        client.abort()


def _dialects(side: Side) -> tuple[Credentials, ...]:
    given = side.credentials
    if side.name is SideName.SOURCE and given.authorization:
        return given, replace(given, login=f"{given.authorization}*{given.login}", authorization="")
    return (given,)
