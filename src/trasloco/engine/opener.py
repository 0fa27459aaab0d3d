"""Opening one side: connect, sign in, say who we are."""

from __future__ import annotations

from dataclasses import replace

from trasloco import __version__
from trasloco.engine.account import Side
from trasloco.engine.classify import blame, busy
from trasloco.imap.client import Client, connect
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.errors import CommandFailed, ImapError, LoginRefused
from trasloco.imap.sasl import Credentials

# RFC 2971; Google asks for a way to reach the client's makers.
_IDENTITY = {"name": "Trasloco", "version": __version__}


async def open_side(side: Side, deadlines: Deadlines | None = None) -> tuple[Client, Side]:
    """A signed-in client, and the side as it proved to be: with the certificate's fingerprint, and
    with the login that was accepted, so that a reconnection meets the same and tries no other.

    Raises TransferError, and leaves nothing open then. At most two logins are tried, so that no
    account is locked.
    """
    with blame(side, "signing in"):
        try:
            return await _sign_in(side, side.credentials, deadlines or Deadlines())
        except LoginRefused as refused:
            # Put off is not refused: another login now would only be counted against the account.
            other = None if busy(refused.status) else side.fallback or side.credentials.in_latin_1()
            if other is None:
                raise
        return await _sign_in(side, other, deadlines or Deadlines())


async def _sign_in(side: Side, credentials: Credentials, deadlines: Deadlines) -> tuple[Client, Side]:
    client = await connect(side.endpoint, deadlines=deadlines)
    try:
        await client.login(credentials)
        await _introduce(client)
    except BaseException:
        client.abort()
        raise
    endpoint = replace(side.endpoint, fingerprint=side.endpoint.fingerprint or client.fingerprint)
    return client, replace(side, endpoint=endpoint, credentials=credentials, fallback=None)


async def _introduce(client: Client) -> None:
    """A server that does not want to know who we are serves us all the same, unless it says to wait."""
    try:
        await client.identify(_IDENTITY)
    except CommandFailed as error:
        if busy(error.status):
            raise


async def close(client: Client) -> None:
    """Say goodbye where that is possible; never raises an ImapError."""
    try:
        await client.logout()
    except ImapError:
        client.abort()
