"""Servers that send little which becomes much."""

from __future__ import annotations

import zlib

from trasloco.testing.hostile.behaviour import DESTINATION, SOURCE, behaves
from trasloco.testing.hostile.session import Session


@behaves("LIST")
async def literal_of_2_to_the_63(session: Session) -> bool:
    """Announces a literal of 2^63 bytes."""
    await session.say(b'* LIST () "/" {9223372036854775808}')
    await session.be_silent()
    return True


@behaves("LIST")
async def literal_below_2_to_the_63(session: Session) -> bool:
    """Announces a literal of one byte less than 2^63."""
    await session.say(b'* LIST () "/" {9223372036854775807}')
    await session.be_silent()
    return True


@behaves("LIST")
async def many_literals(session: Session) -> bool:
    """Puts more and more literals into one line."""
    await session.send(b'* LIST () "/" INBOX (')
    await session.flood(b"{1000}\r\n" + b"x" * 1000)
    return True


@behaves("GREETED")
async def capabilities_by_the_megabyte(session: Session) -> bool:
    """Claims capabilities of a megabyte."""
    await session.say(b"* CAPABILITY IMAP4rev1 " + b" ".join(b"X-%d" % number for number in range(120_000)))
    return False


@behaves("GREETED", "CAPABILITY")
async def capabilities_by_the_thousand(session: Session) -> bool:
    """Claims capabilities of a hundred kilobytes, again and again."""
    for round_ in range(5):
        await session.say(
            b"* CAPABILITY IMAP4rev1 LITERAL+ UIDPLUS " + b" ".join(b"X-%d-%d" % (round_, number) for number in range(10_000))
        )
    return False


@behaves("NAMESPACE")
async def nesting_bomb(session: Session) -> bool:
    """Nests parentheses a hundred thousand deep."""
    await session.say(b"* NAMESPACE " + b"(" * 100_000 + b")" * 100_000 + b" NIL NIL")
    await session.done()
    return True


@behaves("NAMESPACE")
async def namespaces_by_the_thousand(session: Session) -> bool:
    """Has as many namespaces as a line holds."""
    many = b"".join(b'("n%d/" "/")' % number for number in range(12_000))
    await session.say(b"* NAMESPACE (" + many + b") NIL NIL")
    await session.done()
    return True


@behaves("ID", sides=SOURCE)
async def id_bomb(session: Session) -> bool:
    """Introduces itself with a list of thousands of facts."""
    facts = b" ".join(b'"k%d" "v%d"' % (number, number) for number in range(9_000))
    await session.say(b"* ID (" + facts + b")")
    await session.done()
    return True


@behaves("COMPRESS", sides=SOURCE, capabilities="COMPRESS=DEFLATE", heavy=True)
async def compression_bomb(session: Session) -> bool:
    """Agrees to compress, and sends what unpacks to a thousand times its size."""
    await session.done()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    while True:
        await session.send(packer.compress(b"* OK" + b" " * 100_000 + b"\r\n") + packer.flush(zlib.Z_SYNC_FLUSH))


@behaves("UID SEARCH", sides=SOURCE, heavy=True)
async def search_of_everything(session: Session) -> bool:
    """Finds every message there can be."""
    await session.say(b"* SEARCH " + b" ".join(b"%d" % number for number in range(1, 1_100_000, 2)))
    await session.done()
    return True


@behaves("SELECT")
async def vanished_everything(session: Session) -> bool:
    """Says that every message there can be has gone."""
    await session.say(b"* VANISHED (EARLIER) 1:4294967295\r\n* VANISHED 1:18446744073709551615")
    return False


@behaves("SELECT", sides=DESTINATION, heavy=True)
async def vanished_one_by_one(session: Session) -> bool:
    """Says of millions of messages, one by one in long lines, that they have gone."""
    line = b"* VANISHED " + b",".join(b"%d" % number for number in range(1, 1_100_000, 2))
    for _ in range(2):
        await session.say(line)
    return False


@behaves("APPEND", sides=DESTINATION)
async def appenduid_of_everything(session: Session) -> bool:
    """Says that one message was given every UID there is."""
    await session.done(b"OK [APPENDUID 1700000000 1:4294967295] taken")
    return True


@behaves("LOGIN")
async def refusal_by_the_megabyte(session: Session) -> bool:
    """Refuses the login with a text of nearly a megabyte."""
    await session.done(b"NO [ALERT] " + b"never " * 160_000)
    return True


@behaves("LISTING", sides=SOURCE)
async def nested_structure(session: Session) -> bool:
    """Lists a message with a structure nested ten thousand deep."""
    await session.say(b"* 1 FETCH (UID 1 BODYSTRUCTURE " + b"(" * 10_000 + b"NIL" + b")" * 10_000 + b" FLAGS ())")
    return False


@behaves("GREETED", capabilities="QUOTA", sides=DESTINATION)
async def quota_bomb(session: Session) -> bool:
    """Has a quota with a hundred thousand resources, and numbers that none can have."""
    resources = b" ".join(b"R%d 18446744073709551615 99999999999999999999" % number for number in range(4_000))
    await session.say(b'* QUOTAROOT INBOX ""\r\n* QUOTA "" (' + resources[:200_000].rpartition(b" R")[0] + b")")
    return False
