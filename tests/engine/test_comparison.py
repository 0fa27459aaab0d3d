"""The verdict on one message, in every case that two sides can show. Real servers: ``test_verify``."""

from __future__ import annotations

import hashlib

import pytest

from trasloco.engine.comparison import Verdict, _judge, _Read
from trasloco.engine.digest import Digester
from trasloco.engine.fate import Fate
from trasloco.engine.ledger import MessageRow

SENT = b"Subject: x\n\nbody\n"
CRLF = SENT.replace(b"\n", b"\r\n")
MORE = b"Received: y\r\n" + CRLF
OTHER = b"Subject: x\r\n\r\nother\r\n"


def read(message: bytes | None) -> _Read | None:
    if message is None:
        return None
    digester = Digester()
    digester.update(message)
    return _Read(hashlib.sha256(message).digest(), digester.result())


@pytest.mark.parametrize(
    ("sent", "there", "here", "verdict"),
    [
        (CRLF, CRLF, None, Verdict.IDENTICAL),
        (SENT, CRLF, SENT, Verdict.LINE_ENDS),
        (SENT, CRLF, None, Verdict.LINE_ENDS),
        (SENT, CRLF, CRLF, Verdict.EQUAL),
        (CRLF, MORE, CRLF, Verdict.DIFFERENT),
        (CRLF, OTHER, None, Verdict.DIFFERENT),
        (None, CRLF, CRLF, Verdict.EQUAL),
        (None, CRLF, SENT, Verdict.LINE_ENDS),
        (None, MORE, CRLF, Verdict.HEADERS),
        (None, OTHER, CRLF, Verdict.DIFFERENT),
        (None, OTHER, None, Verdict.PRESENT),
    ],
)
def test_each_case_has_its_verdict(sent: bytes | None, there: bytes, here: bytes | None, verdict: Verdict) -> None:
    digest = None if sent is None else hashlib.sha256(sent).digest()
    row = MessageRow(1, Fate.ADOPTED if sent is None else Fate.COPIED, 1, destination_uid=1, digest=digest)
    found = read(there)
    assert found is not None
    assert _judge(row, found, read(here), "why")[0] is verdict


def test_every_verdict_is_either_good_or_bad_or_only_there() -> None:
    assert [verdict for verdict in Verdict if not verdict.good and not verdict.bad] == [Verdict.PRESENT]
    assert not any(verdict.good and verdict.bad for verdict in Verdict)
