"""A file of accounts: never an exception, every line is a row or has a problem, and what the text is encoded in changes nothing.

First byte: which of the options of the reader are set.
"""

from __future__ import annotations

import codecs

from trasloco.plan.encoding import decode
from trasloco.plan.table import Table, physical_lines, read

_LINES = (
    "anna@example.org;imap.example.com;anna;secret",
    'destination;server;login;password\r\nanna@example.org;imap.example.com:993;anna;"se;cr""et"\r\nbob@example.org;192.0.2.1;bob;x;master\n',
    "sep=;\nanna@example.org;[2001:db8::1]:143;anna;pässwörd\nanna@example.org;x;y;z;a;b;c",
    "anna@example.org,imap.example.com,anna,secret\nanna@example.org\timap.example.com\tanna\tsecret",
    '“anna@example.org”;pop3.example.com:995;anna;"open\n;;;;\n\n \ufeff;imap.example.com;;',
    "änna@müller.example;imap.gmail.com;änna@müller.example;geheim;verwalter",
)


TOKENS = (
    b";", b'"', b'""', b"\r\n", b"@example.org", b"imap.example.com", b":993", b"[2001:db8::1]", b"127.1", b"0x7f000001", b"pop3:",
    b"sep=;", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\xe2\x80\x9c", b"\xc2\xa0",
    b"password", b"destination;server;login;",
)  # fmt: skip


def _read(data: bytes, options: int) -> Table:
    return read(data, max_lines=20, by_token=bool(options & 1), server="imap.example.net" if options & 2 else "", to_find=bool(options & 4))


def check(data: bytes) -> None:
    """Raises AssertionError, and whatever else is raised."""
    options, data = (*data[:1], 0)[0], data[1:]
    table = _read(data, options)
    last = len(physical_lines(decode(data).text))
    wrong = {problem.line for problem in table.problems}
    for row in table.rows:
        assert 1 <= row.line <= last
        assert row.line not in wrong, "a line with a problem became an account all the same"
        assert row.destination
    assert len({row.line for row in table.rows}) == len(table.rows)
    for problem in (*table.problems, *table.warnings):
        assert str(problem.words)
        assert str(problem.remedy)
        assert problem.line is None or 1 <= problem.line <= max(last, data.count(b"\n") + data.count(b"\r") + 1)
    _check_encodings(data, table, options)


def _check_encodings(data: bytes, table: Table, options: int) -> None:
    """The same text in another encoding says the same."""
    decoded = decode(data)
    if decoded.problems:
        assert not table.rows
        return
    said = [(problem.line, problem.field, problem.code) for problem in table.problems]
    for bom, encoding in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le")):
        again = _read(bom + decoded.text.encode(encoding), options)
        if again.encoding != encoding:
            continue  # it looks like a file of another kind now, or like one with another mark before it
        assert again.rows == table.rows
        assert [(problem.line, problem.field, problem.code) for problem in again.problems] == said


def seeds() -> list[bytes]:
    """Files as people save them."""
    files = [text.encode(encoding, "replace") for text in _LINES for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32")]
    return [bytes((number % 8,)) + data for number, data in enumerate([*files, b"PK\x03\x04xl/", b"<html>", b"%PDF-", b""])]
