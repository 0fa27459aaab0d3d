"""Names of mailboxes: any bytes can be shown, what decodes strictly encodes to the same bytes, and any text comes back."""

from __future__ import annotations

from fuzz import vectors
from trasloco.imap import utf7

_OWN = (
    "INBOX",
    "Entw&APw-rfe",
    "&ZeVnLIqe-/&U,BTFw-",
    "&-",
    "a&-b",
    "&2D3eAA-",
    "&AAAAAA-",
    "&Jjo-!",
    "&Jjo",
    "&AGE-",
    "&AA-&AA-",
    "Posté",
)


TOKENS = (b"&", b"&-", b"-", b",", b"&AGE-", b"2D3eAA", b"&2D0-", b"&3gA-", b"\xc3\xa9", b"&AAA-", b"/")


def check(data: bytes) -> None:
    """Raises AssertionError, and whatever is raised that is no ValueError."""
    assert isinstance(utf7.decode_name(data), str)
    assert isinstance(utf7.decode_utf8(data), str)
    try:
        name = utf7.decode(data)
    except ValueError:
        pass
    else:
        assert utf7.encode(name) == data, "a name that was taken strictly is written otherwise"
        assert utf7.decode_name(data) == name
    for text in (data.decode("utf-8", "replace"), data.decode("latin-1"), data.decode("utf-16-be", "replace")):
        coded = utf7.encode(text)
        assert coded.isascii()
        assert utf7.decode(coded) == text == utf7.decode_name(coded)


def seeds() -> list[bytes]:
    """Names as servers send them."""
    found = [name.encode("utf-8") for name in _OWN]
    for file in ("go-imap/mutf7.jsonl", "imapclient/mutf7.jsonl"):
        found += [data for data, _ in vectors.cases(file)]
    return found
