from __future__ import annotations

from trasloco.imap.redaction import without_secrets
from trasloco.imap.responses import Exists, Tagged, Unparsable, UntaggedStatus
from trasloco.imap.values import Kind, StatusText


def test_words_lose_what_is_secret() -> None:
    secrets = ("s3cret", "czNjcmV0")
    told, hidden = StatusText(Kind.BAD, "X", b"1", "no s3cret, czNjcmV0"), StatusText(Kind.BAD, "X", b"1", "no (hidden), (hidden)")
    assert without_secrets(Tagged(b"t1", told), secrets) == Tagged(b"t1", hidden)
    assert without_secrets(UntaggedStatus(told), secrets) == UntaggedStatus(hidden)
    assert without_secrets(Unparsable("X", "s3cret"), secrets) == Unparsable("X", "(hidden)")
    assert without_secrets(Exists(3), secrets) == Exists(3)
