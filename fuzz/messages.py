"""Messages on the repair ladder: a rung never fails, changes what it names and nothing else, and is at its end after one step."""

from __future__ import annotations

import re

from fuzz import vectors
from trasloco.engine.repair import Rung, repair, rungs

_OWN = (
    b"Subject: x\r\n\r\nbody\r\n", b"Subject: x\n\nbare\rline\0ends", b"Subj\xe9ct: \xfcber\r\nnot a field\r\n\r\nbody\xff\r\n",
    b"From x\r\nTo: " + b"a@b, " * 300 + b"\r\n\r\n" + b"long " * 300 + b"\r\n", b"", b"\r\n\r\n", b": \r\n : \r\n",
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\n' + b"x" * 1200 + b"\r\n--b--\r\n",
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 400,
)  # fmt: skip
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")


TOKENS = (
    b"Content-Type: multipart/mixed; boundary=b\r\n", b"--b\r\n", b"--b--\r\n", b"Content-Transfer-Encoding: ", b"base64\r\n", b"8bit\r\n",
    b"quoted-printable\r\n", b"message/rfc822\r\n", b"charset=", b"utf-16", b"x-none", b"=?utf-8?B?", b"?=", b"\r\n\r\n", b"\r\n ",
    b"a" * 60, b"Subject: ", b"To: ", b"\xff", b"\0", b"boundary*0*=utf-8''", b"name*1=", b"text/plain; ", b"message/delivery-status\r\n",
)  # fmt: skip


def check(data: bytes) -> None:
    """Raises AssertionError, and whatever else is raised."""
    straight = repair(data, Rung.LINE_ENDS)
    assert not _BARE.search(straight)
    assert repair(straight, Rung.LINE_ENDS) == straight
    assert re.sub(rb"[\r\n\0]", b"", straight) == re.sub(rb"[\r\n\0]", b"", data), "more than line ends was changed"
    named = repair(data, Rung.HEADERS)
    gap = re.search(rb"\r?\n\r?\n", data)
    assert gap is None or not data[: gap.start()] or named.endswith(data[gap.end() :]), "the body was changed with the header"
    for message in (data, straight, named, repair(straight, Rung.HEADERS)):
        assert isinstance(repair(message, Rung.LONG_LINES), bytes)
    assert len(set(rungs("NO line is too long, bad header", data))) <= len(Rung)


def seeds() -> list[bytes]:
    """Messages that have been refused somewhere."""
    return [*_OWN, *vectors.messages(200, 4000)]
