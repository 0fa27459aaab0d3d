"""Servers whose folders have names that nobody should have."""

from __future__ import annotations

from trasloco.testing.hostile.behaviour import SOURCE, behaves
from trasloco.testing.hostile.session import Folder, Session, letter


async def _list(session: Session, names: list[bytes]) -> bool:
    """Each name as a literal; each folder has a message."""
    for name in [b"INBOX", *names]:
        folder = session.folders.setdefault(name, Folder())
        if not folder.messages:
            folder.messages = [(1, letter(len(name)))]
        await session.send(b'* %b () "/" {%d}\r\n%b\r\n' % (session.request.name.encode(), len(name), name))
    await session.done()
    return True


@behaves("LIST", "LSUB", sides=SOURCE)
async def control_characters(session: Session) -> bool:
    """Has folders with NUL, CR, LF, ESC and quotes in their names."""
    return await _list(session, [b"nul\0here", b"cr\rlf\nhere", b"\x1b[31mred", b"bell\x07", b'quote"back\\slash', b"\r\na1 OK x", b"\x7f"])


@behaves("LIST", "LSUB", sides=SOURCE)
async def eight_bit_names(session: Session) -> bool:
    """Has folders whose names are in no encoding."""
    return await _list(session, [b"caf\xe9", b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", "büro".encode(), b"\x80" * 200])


@behaves("LIST", "LSUB", sides=SOURCE)
async def utf7_bombs(session: Session) -> bool:
    """Has folders whose names are broken or endless modified UTF-7."""
    return await _list(session, [b"&", b"&-&-&", b"&2D0-", b"&AAA-", b"&AGEAYgBj-", b"&" + b"JjoAIA" * 10_000, b"&Jjo-" * 200])


@behaves("LIST", "LSUB", sides=SOURCE)
async def names_that_are_paths(session: Session) -> bool:
    """Has folders that are called as paths and wildcards are."""
    return await _list(
        session, [b"../../etc/passwd", b"..", b".", b"/", b"//", b"a//b", b"~root", b"*", b"%", b"a/", b"/a", b"#news/x", b" "]
    )


@behaves("LIST", "LSUB", sides=SOURCE)
async def hierarchy_without_end(session: Session) -> bool:
    """Has a folder ten thousand levels deep."""
    return await _list(session, [b"/".join([b"a"] * 10_000), b"b/b", b"b/b/b", b"b"])


@behaves("LIST", "LSUB", sides=SOURCE)
async def names_by_the_megabyte(session: Session) -> bool:
    """Has folders with names of a hundred thousand characters."""
    return await _list(session, [b"n" * 100_000, b"N" * 100_000, b"m" * 300])


@behaves("LIST", "LSUB", sides=SOURCE)
async def names_that_are_the_same(session: Session) -> bool:
    """Has folders whose names a destination may take for one."""
    return await _list(session, [b"inbox", b"InBox", b"Archive", b"archive", b"Archive ", b"ARCHIVE", b"INBOX/INBOX", b"&AEE-rchive"])


@behaves("LIST", "LSUB", sides=SOURCE)
async def delimiters_that_change(session: Session) -> bool:
    """Has another delimiter for each folder."""
    for name, delimiter in (
        (b"INBOX", b'"/"'),
        (b"Archive", b'"."'),
        (b"a.b/c", b'"\\\\"'),
        (b"a", b"NIL"),
        (b"d", b'"longer"'),
        (b"e", b'"e"'),
    ):
        session.folders.setdefault(name, Folder([(1, letter(len(name)))]))
        await session.say(b'* %b () %b "%b"' % (session.request.name.encode(), delimiter, name))
    await session.done()
    return True
