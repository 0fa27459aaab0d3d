from __future__ import annotations

import pytest

from trasloco.imap import commands
from trasloco.imap.commands import Command, Literal, quote
from trasloco.imap.dates import InternalDate


def written(command: Command) -> bytes:
    return b"".join(piece if isinstance(piece, bytes) else b"{%d}%b" % (len(piece.data), piece.data) for piece in command.pieces)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"INBOX", b"INBOX"),
        (b"[Gmail]/x", b'"[Gmail]/x"'),
        (b"", b'""'),
        (b"nil", b'"nil"'),
        (b"a b", b'"a b"'),
        (b'a"b\\c', b'"a\\"b\\\\c"'),
        (b"B&AOk-la", b'"B&AOk-la"'),
        (b"(x", b'"(x"'),
        (b"%*", b'"%*"'),
        (b"\xe9", b"{1}\xe9"),
        (b"a\r\nb", b"{4}a\r\nb"),
        (b"a\0b", b"{3}a\0b"),
        (b"x" * 1001, b"x" * 1001),
        (b" " * 1001, b"{1001}" + b" " * 1001),
    ],
)
def test_strings(text: bytes, expected: bytes) -> None:
    assert written(Command(b"X").string(text)) == b"X " + expected


@pytest.mark.parametrize(
    ("command", "expected", "words"),
    [
        (commands.select(b"INBOX", read_only=True, condstore=False), b"EXAMINE INBOX", "EXAMINE INBOX"),
        (commands.select(b"B&AOk-", read_only=False, condstore=True), b'SELECT "B&AOk-" (CONDSTORE)', "SELECT Bé"),
        (commands.list_mailboxes("LIST", b"", b"*", [b"SUBSCRIBED"]), b'LIST "" "*" RETURN (SUBSCRIBED)', "LIST"),
        (commands.list_mailboxes("LSUB", b"INBOX.", b"\xff%"), b"LSUB INBOX. {2}\xff%", "LSUB"),
        (commands.status(b"a", [b"MESSAGES", b"SIZE"]), b"STATUS a (MESSAGES SIZE)", "STATUS a"),
        (commands.create(b"Sent", "\\Sent"), b"CREATE Sent (USE (\\Sent))", "CREATE Sent"),
        (commands.rename(b"a", b"b"), b"RENAME a b", "RENAME a to b"),
        (commands.uid_fetch(b"1:*", ["UID", "FLAGS"], 7), b"UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 7)", "UID FETCH"),
        (commands.uid_store(b"1", "-FLAGS", ["\\Seen", "a]b"]), b"UID STORE 1 -FLAGS.SILENT (\\Seen a]b)", "UID STORE"),
        (commands.uid_transfer("COPY", b"1,3", b"x y"), b'UID COPY 1,3 "x y"', "UID COPY x y"),
        (commands.identify([]), b"ID NIL", "ID"),
        (commands.identify([("name", 'é"')]), b'ID ("name" "?\\"")', "ID"),
        (commands.authenticate("PLAIN", b"="), b"AUTHENTICATE PLAIN =", "AUTHENTICATE PLAIN"),
    ],
)
def test_commands(command: Command, expected: bytes, words: str) -> None:
    assert written(command) == expected
    assert command.words == words


def test_what_stands_before_a_message() -> None:
    assert commands.append_message([], None) == b" "
    assert commands.append_message(["\\Seen", "größe"], InternalDate(0)) == ' (\\Seen größe) " 1-Jan-1970 00:00:00 +0000" '.encode()


def test_no_secret_in_a_repr() -> None:
    command = commands.login(b"anna", b"s3cret\xff")
    assert "s3cret" not in repr(command) + repr(command.pieces[-1]) + command.words
    assert repr(Literal(b"s3cret")) == "Literal(6 bytes)"


def test_what_cannot_be_written() -> None:
    assert quote(b"a\nb") is None
    with pytest.raises(ValueError):
        commands.uid_store(b"1", "FLAGS.SILENT", [])
    with pytest.raises(ValueError):
        commands.flag_list(["\\Seen", "\\Seen)\r\nt9 LOGOUT"])
