"""Servers that send without end, or more than anybody can want."""

from __future__ import annotations

import itertools

from trasloco.testing.hostile.behaviour import DESTINATION, SOURCE, behaves
from trasloco.testing.hostile.session import Session


@behaves("CONNECT", heavy=True)
async def endless_greeting(session: Session) -> bool:
    """Sends a greeting without a line end."""
    await session.send(b"* OK ")
    await session.flood(b"welcome ")
    return True


@behaves("GREETED", sides=SOURCE, heavy=True)
async def untagged_without_end(session: Session) -> bool:
    """Sends lines that nobody asked for, from the greeting on, without end."""
    await session.flood(b"* OK nice weather today\r\n")
    return True


@behaves("LOGIN", sides=SOURCE, heavy=True)
async def empty_lines_without_end(session: Session) -> bool:
    """Answers the login with empty lines, without end."""
    await session.flood(b"\r\n")
    return True


@behaves("LOGIN", capabilities="AUTH=PLAIN", heavy=True)
async def challenges_without_end(session: Session) -> bool:
    """Answers each step of the sign-in with a further challenge, without end."""
    while True:
        await session.say(b"+ Z28gb24=")
        await session.reader.readuntil(b"\n")


@behaves("LIST", heavy=True)
async def line_without_end(session: Session) -> bool:
    """Sends a line of the folder list that never ends."""
    await session.send(b'* LIST () "/" "')
    await session.flood(b"folder")
    return True


@behaves("LIST", sides=DESTINATION, heavy=True)
async def list_without_end(session: Session) -> bool:
    """Lists the same folder again and again, without end."""
    await session.flood(b'* LIST () "/" "INBOX"\r\n')
    return True


@behaves("LIST", sides=SOURCE, heavy=True)
async def million_folders(session: Session) -> bool:
    """Has a million folders."""
    for start in range(0, 1_000_000, 1000):
        await session.send(b"".join(b'* LIST () "/" "folder %d"\r\n' % number for number in range(start, start + 1000)))
    await session.done()
    return True


@behaves("SELECT", sides=DESTINATION, heavy=True)
async def exists_counting_up(session: Session) -> bool:
    """Reports ever more messages, without end."""
    for number in itertools.count(1, 5000):
        await session.send(b"".join(b"* %d EXISTS\r\n" % each for each in range(number, number + 5000)))
    return True


@behaves("SELECT", sides=SOURCE, heavy=True)
async def expunge_storm(session: Session) -> bool:
    """Reports ever more messages as removed, without end."""
    await session.flood(b"* 1 EXPUNGE\r\n")
    return True


@behaves("SELECT", sides=SOURCE, heavy=True)
async def flags_without_end(session: Session) -> bool:
    """Tells the flags of the folder again and again, each time others."""
    for number in itertools.count(0, 1000):
        await session.send(b"".join(b"* FLAGS (k%d)\r\n" % each for each in range(number, number + 1000)))
    return True


@behaves("LISTING", sides=SOURCE, heavy=True)
async def messages_without_end(session: Session) -> bool:
    """Lists ever more messages, without end."""
    facts = b'FLAGS () INTERNALDATE "17-Jul-2023 02:44:25 +0200" RFC822.SIZE 100'
    for number in itertools.count(1, 1000):
        await session.send(b"".join(b"* %d FETCH (UID %d %b)\r\n" % (each, each, facts) for each in range(number, number + 1000)))
    return True


@behaves("LISTING", sides=SOURCE, heavy=True)
async def messages_backwards(session: Session) -> bool:
    """Lists ever more messages, each before all others."""
    facts = b'FLAGS () INTERNALDATE "17-Jul-2023 02:44:25 +0200" RFC822.SIZE 100'
    for number in range(4_000_000_000, 0, -1000):
        await session.send(b"".join(b"* 1 FETCH (UID %d %b)\r\n" % (each, facts) for each in range(number, number - 1000, -1)))
    return True


@behaves("LISTING", sides=SOURCE, heavy=True)
async def same_message_without_end(session: Session) -> bool:
    """Lists the same message again and again, without end."""
    await session.flood(b'* 1 FETCH (UID 1 FLAGS () INTERNALDATE "17-Jul-2023 02:44:25 +0200" RFC822.SIZE 100)\r\n')
    return True


@behaves("LISTING", sides=SOURCE, heavy=True)
async def halves_without_end(session: Session) -> bool:
    """Lists ever more messages, of each only half of what was asked for."""
    for number in itertools.count(1, 1000):
        await session.send(b"".join(b"* %d FETCH (UID %d FLAGS ())\r\n" % (each, each) for each in range(number, number + 1000)))
    return True


@behaves("LISTING", sides=SOURCE, heavy=True)
async def flags_by_the_million(session: Session) -> bool:
    """Gives each message a hundred thousand flags, each time others."""
    for uid in itertools.count(1):
        flags = b" ".join(b"k%d-%d" % (uid, number) for number in range(80_000))
        await session.say(b'* %d FETCH (UID %d FLAGS (%b) INTERNALDATE "17-Jul-2023 02:44:25 +0200" RFC822.SIZE 9)' % (uid, uid, flags))
    return True


@behaves("BODIES", sides=SOURCE, heavy=True)
async def body_without_end(session: Session) -> bool:
    """Sends a message of 2^62 bytes."""
    await session.send(b"* 1 FETCH (UID 1 BODY[] {4611686018427387904}\r\n")
    await session.flood(b"x" * 64 + b"\r\n")
    return True


@behaves("BODIES", sides=SOURCE, heavy=True)
async def unasked_bodies_without_end(session: Session) -> bool:
    """Sends messages that nobody asked for, without end."""
    await session.flood(b"* 9 FETCH (UID 900 BODY[] {1000}\r\n%b)\r\n" % (b"x" * 1000))
    return True


@behaves("LIST", sides=SOURCE, heavy=True)
async def answers_never_asked_for(session: Session) -> bool:
    """Answers questions that were never asked, without end."""
    await session.flood(
        b'* SEARCH 1 2 3\r\n* STATUS "x" (MESSAGES 1)\r\n* 7 FETCH (UID 7 BODY[HEADER] {4}\r\nabcd)\r\n* ESEARCH (TAG "t99") ALL 1:5\r\n'
        b'* QUOTA "" (STORAGE 1 2)\r\n* THREAD (1)\r\n* X-UNHEARD-OF 5\r\n* ENABLED X\r\n'
    )
    return True


@behaves("APPEND", sides=DESTINATION, heavy=True)
async def lines_during_append(session: Session) -> bool:
    """Answers a message that was sent to it with lines without end."""
    await session.flood(b"* OK thinking about it\r\n")
    return True


@behaves("GREETED", sides=DESTINATION, heavy=True)
async def continuations_without_end(session: Session) -> bool:
    """Says that literals may come, when there are none, without end."""
    await session.flood(b"+ go on\r\n")
    return True


@behaves("LOGIN", sides=DESTINATION, heavy=True)
async def tags_without_end(session: Session) -> bool:
    """Answers commands that were never sent, without end."""
    await session.flood(b"t777 OK done\r\na1 NO never\r\n")
    return True
