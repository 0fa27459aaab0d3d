"""Servers that say nothing, too little, or leave."""

from __future__ import annotations

import asyncio

from trasloco.testing.hostile.behaviour import BOTH, DESTINATION, SOURCE, behaves
from trasloco.testing.hostile.session import Over, Session

DRIP = 0.05
"""Seconds between two bytes, below every deadline of the tests as a second is below every one of the product's."""


@behaves("CONNECT")
async def silent_greeting(session: Session) -> bool:
    """Takes the connection and says nothing."""
    await session.be_silent()
    return True


@behaves("CONNECT")
async def dripping_greeting(session: Session) -> bool:
    """Sends its greeting one byte at a time, and never its end."""
    await session.drip(b"* OK and ", DRIP)
    return True


@behaves("CONNECT", tls=True)
async def handshake_without_end(session: Session) -> bool:
    """Begins the TLS handshake and never goes on."""
    await session.reader.read(1)
    await session.send(b"\x16\x03\x03\x40\x00\x02\x00")
    await session.be_silent()
    return True


@behaves("CONNECT", tls=True)
async def dripping_handshake(session: Session) -> bool:
    """Sends one byte of the TLS handshake at a time."""
    await session.send(b"\x16\x03\x03\x40\x00\x02\x00")
    await session.drip(b"\x20", DRIP)
    return True


@behaves("LOGIN")
async def silent_login(session: Session) -> bool:
    """Never answers the login."""
    await session.be_silent()
    return True


@behaves("LOGIN")
async def dripping_login(session: Session) -> bool:
    """Answers the login one byte at a time, without end."""
    await session.drip(b"* OK still looking for you ", DRIP)
    return True


@behaves("LIST")
async def silent_after_login(session: Session) -> bool:
    """Is silent from the first command behind the login on."""
    await session.be_silent()
    return True


@behaves("LIST")
async def dripping_list(session: Session) -> bool:
    """Sends the list of folders one byte at a time, without end."""
    await session.drip(b'* LIST () "/" INBOX\r\n', DRIP)
    return True


@behaves("SELECT")
async def patience_without_end(session: Session) -> bool:
    """Says every moment that it is still at work, and never is done."""
    while True:
        await session.say(b"* OK still at it")
        await asyncio.sleep(DRIP * 4)


@behaves("BODIES", sides=SOURCE)
async def silent_body(session: Session) -> bool:
    """Stops in the middle of a message."""
    await session.send(b"* 1 FETCH (UID 1 BODY[] {5000}\r\nSubject: x\r\n")
    await session.be_silent()
    return True


@behaves("BODIES", sides=SOURCE)
async def dripping_body(session: Session) -> bool:
    """Sends a message one byte at a time."""
    await session.send(b"* 1 FETCH (UID 1 BODY[] {50000000}\r\n")
    await session.drip(b"x", DRIP)
    return True


@behaves("LOGOUT")
async def silent_logout(session: Session) -> bool:
    """Never answers the LOGOUT, and keeps the connection."""
    await session.be_silent()
    return True


@behaves("BODIES", "APPEND")
async def bye_in_the_middle(session: Session) -> bool:
    """Says BYE in the middle of a message, and leaves."""
    await session.send(b"* 1 FETCH (UID 1 BODY[] {500}\r\nSub" if session.request.name == "UID FETCH" else b"* BYE enough\r\n")
    raise Over


@behaves("BODIES", "APPEND")
async def reset(session: Session) -> bool:
    """Resets the connection in the middle of a message."""
    session.reset()
    return True


@behaves("LIST")
async def half_closed(session: Session) -> bool:
    """Closes its own direction behind the login and goes on reading."""
    session.writer.write_eof()
    await session.be_silent()
    return True


@behaves("SELECT")
async def bye_that_stays(session: Session) -> bool:
    """Says BYE, keeps the connection and is silent."""
    await session.say(b"* BYE going down")
    await session.be_silent()
    return True


@behaves("APPEND", "CONTINUE", sides=DESTINATION)
async def continuation_never_given(session: Session) -> bool:
    """Never says that a literal may come."""
    await session.be_silent()
    return True


@behaves("BODIES", "APPEND", sides=BOTH)
async def nothing_read_any_more(session: Session) -> bool:
    """Reads nothing any more, so that what is sent to it stays in the pipe."""
    session.writer.transport.pause_reading()  # type: ignore[attr-defined] # every stream's transport can
    await asyncio.sleep(3600)  # the server is ended before
    return True
