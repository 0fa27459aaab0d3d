"""A client for whatever is spoken at an endpoint: IMAP, or POP3 in the shape of it."""

from __future__ import annotations

from trasloco.imap import client
from trasloco.imap.client import Client
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Endpoint, Speech
from trasloco.pop3.mailbox import connect_pop3


async def connect(endpoint: Endpoint, *, deadlines: Deadlines) -> Client:
    """Open, greeted, not signed in. Raises as ``imap.client.connect``."""
    if endpoint.speech is Speech.POP3:
        return await connect_pop3(endpoint, deadlines=deadlines)
    return await client.connect(endpoint, deadlines=deadlines)
