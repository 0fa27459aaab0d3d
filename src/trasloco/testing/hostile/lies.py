"""Servers that say what is not so."""

from __future__ import annotations

from trasloco.testing.hostile.behaviour import DESTINATION, SOURCE, behaves
from trasloco.testing.hostile.session import Session


@behaves("CONNECT")
async def another_protocol(session: Session) -> bool:
    """Is a web server."""
    await session.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    await session.be_silent()
    return True


@behaves("LIST")
async def tags_that_lie(session: Session) -> bool:
    """Answers with a tag that is not the command's."""
    await session.say(b"T0 OK done")
    await session.be_silent()
    return True


@behaves("LIST", "STATUS", "SELECT", "LISTING", "BODIES", "APPEND")
async def tags_repeated(session: Session) -> bool:
    """Ends each command before its answer, and then once more behind it."""
    await session.done()
    return False


@behaves("GREETED")
async def done_before_it_was_asked(session: Session) -> bool:
    """Ends the first twenty commands before they are sent."""
    await session.send(b"".join(b"t%d OK done\r\n" % number for number in range(1, 21)))
    return False


@behaves("LIST", "SELECT", "APPEND")
async def continuation_unasked(session: Session) -> bool:
    """Says that a literal may come when there is none."""
    await session.send(b"+ go on\r\n+ go on\r\n")
    return False


@behaves("LIST")
async def negative_literal(session: Session) -> bool:
    """Announces a literal of minus one byte."""
    await session.say(b'* LIST () "/" {-1}')
    return False


@behaves("SELECT", "STATUS")
async def overlong_numbers(session: Session) -> bool:
    """Writes numbers of thousands of digits."""
    digits = b"9" * 5000
    await session.say(
        b"* %b EXISTS\r\n* -1 EXISTS\r\n* OK [UIDNEXT %b] x\r\n* OK [UIDVALIDITY 99999999999999999999999] x" % (digits, digits)
    )
    await session.say(b'* STATUS "INBOX" (MESSAGES %b UIDNEXT -5 UIDVALIDITY %b)' % (digits, digits))
    return False


@behaves("LISTING", sides=SOURCE)
async def overlong_numbers_of_messages(session: Session) -> bool:
    """Gives messages UIDs and sizes beyond 2^64."""
    await session.say(
        b'* 1 FETCH (UID 18446744073709551615 FLAGS () INTERNALDATE "17-Jul-2023 02:44:25 +0200" RFC822.SIZE 18446744073709551615)'
    )
    await session.say(
        b'* 2 FETCH (UID 99999999999999999999 FLAGS () INTERNALDATE "17-Jul-2023 02:44:25 +0200" RFC822.SIZE 99999999999999999999)'
    )
    await session.say(b'* 3 FETCH (UID 0 FLAGS () INTERNALDATE "17-Jul-2023 02:44:25 +0200" RFC822.SIZE 0)')
    await session.done()
    return True


@behaves("BODIES", sides=SOURCE)
async def literal_shorter_than_said(session: Session) -> bool:
    """Sends more of a message than it has announced."""
    await session.say(b"* 1 FETCH (UID 1 BODY[] {10}\r\n" + b"Subject: x\r\n" * 50 + b")")
    return False


@behaves("BODIES", sides=SOURCE)
async def literal_longer_than_said(session: Session) -> bool:
    """Sends less of a message than it has announced, so that its other answers become part of it."""
    await session.say(b"* 1 FETCH (UID 1 BODY[] {100000}\r\nSubject: x\r\n\r\n)")
    await session.done()
    await session.be_silent()
    return True


@behaves("BODIES", sides=SOURCE)
async def messages_never_asked_for(session: Session) -> bool:
    """Sends other messages than those it was asked for."""
    for uid in session.uids:
        await session.say(b"* %d FETCH (UID %d BODY[] {5}\r\nother)" % (uid, uid + 500))
    await session.done()
    return True


@behaves("BODIES", sides=SOURCE)
async def broken_messages_never_asked_for(session: Session) -> bool:
    """Sends a message nobody asked for, with an end that cannot be read, and then the others."""
    await session.say(b"* 9 FETCH (UID 900 BODY[] {5}\r\nother (((")
    return False


@behaves("SELECT")
async def uidvalidity_never_the_same(session: Session) -> bool:
    """Has another UIDVALIDITY each time a folder is opened."""
    for folder in session.folders.values():
        folder.uidvalidity += 1
    return False


@behaves("STATUS")
async def status_that_lies(session: Session) -> bool:
    """Has four thousand million messages in each folder, as STATUS tells."""
    name = session.request.text(0)
    await session.say(b'* STATUS "%b" (MESSAGES 4294967295 UIDNEXT 1 UIDVALIDITY 4294967295)' % name)
    await session.say(b'* STATUS "another" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)')
    await session.done()
    return True


@behaves("LISTING", sides=SOURCE)
async def nil_everywhere(session: Session) -> bool:
    """Has NIL for everything that was asked for."""
    for uid in session.uids:
        await session.say(b"* %d FETCH (UID %d FLAGS NIL INTERNALDATE NIL RFC822.SIZE NIL)" % (uid, uid))
        await session.say(b"* %d FETCH (UID NIL FLAGS NIL)" % uid)
        await session.say(b"* NIL FETCH NIL")
    await session.done()
    return True


@behaves("BODIES", sides=SOURCE)
async def nil_for_each_message(session: Session) -> bool:
    """Has NIL for each message."""
    for uid in session.uids:
        await session.say(b"* %d FETCH (UID %d BODY[] NIL)" % (uid, uid))
    await session.done()
    return True


@behaves("LISTING", sides=SOURCE)
async def dates_of_nonsense(session: Session) -> bool:
    """Gives messages dates that cannot be."""
    dates = (b"99-Foo-99999 99:99:99 +9999", b"", b"01-Jan-0000 00:00:00 -9999", b"\xff" * 200)
    for uid, date in zip(session.uids, dates, strict=False):
        await session.say(b'* %d FETCH (UID %d FLAGS () INTERNALDATE "%b" RFC822.SIZE %d)' % (uid, uid, date, len(session.content(uid))))
    await session.done()
    return True


@behaves("BODIES", sides=SOURCE)
async def ever_growing_message(session: Session) -> bool:
    """Sends a longer message each time it is asked for the same one."""
    for uid in session.uids:
        content = session.content(uid) + b"more\r\n" * (1000 * session.number * session.times)
        await session.say(b"* %d FETCH (UID %d BODY[] {%d}\r\n%b)" % (uid, uid, len(content), content))
    await session.done()
    return True


@behaves("BODIES", sides=SOURCE)
async def same_body_for_all(session: Session) -> bool:
    """Sends the same bytes as each of its messages."""
    for uid in session.uids:
        await session.say(b"* %d FETCH (UID %d BODY[] {14}\r\nSubject: x\r\n\r\n)" % (uid, uid))
    await session.done()
    return True


@behaves("APPEND", sides=DESTINATION)
async def appenduid_that_lies(session: Session) -> bool:
    """Says that each message was given the UID 1."""
    await session.done(b"OK [APPENDUID 1700000000 1] taken")
    return True


@behaves("APPEND", sides=DESTINATION)
async def taken_and_thrown_away(session: Session) -> bool:
    """Says that it has taken each message, and keeps none."""
    await session.done()
    return True


@behaves("APPEND", sides=DESTINATION)
async def another_uidvalidity_for_each(session: Session) -> bool:
    """Has another UIDVALIDITY for each message that is added."""
    await session.done(b"OK [APPENDUID %d 5] taken" % (1700000000 + session.times * 7 + session.number))
    return True


@behaves("LIST", "STATUS", "SELECT", "NAMESPACE", "ID", "CREATE", "APPEND", "UID FETCH")
async def no_to_everything(session: Session) -> bool:
    """Says NO to everything behind the login."""
    await session.done(b"NO")
    return True


@behaves("LIST", "STATUS", "SELECT", "NAMESPACE", "ID", "CREATE", "APPEND", "UID FETCH")
async def answers_without_a_grammar(session: Session) -> bool:
    """Puts before each answer lines that no grammar knows."""
    await session.send(
        b'* LIST (((\r\n* FETCH\r\n* 1 FETCH (UID\r\n* STATUS "\r\n* OK [UIDNEXT\r\n*\r\n* 5\r\n \r\n\0\0\0\r\n* \xff\xfe LIST\r\n'
    )
    return False
