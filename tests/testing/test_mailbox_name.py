from __future__ import annotations

import pytest

from trasloco.testing.mailbox_name import decode_mailbox, encode_mailbox


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", b"INBOX"),
        ("R&D", b"R&-D"),
        ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # RFC 3501 5.1.3
        ("🎉", b"&2DzfiQ-"),
        ("é&è", b"&AOk-&-&AOg-"),
    ],
)
def test_both_ways(name: str, wire: bytes) -> None:
    assert encode_mailbox(name) == wire
    assert decode_mailbox(wire) == name
