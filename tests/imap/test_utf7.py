from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.imap.conftest import octets, vectors
from trasloco.imap import utf7


def test_go_imap_vectors() -> None:
    count = 0
    for case in vectors("go-imap/mutf7.jsonl"):
        given_bytes, expected = octets(case["in"]), octets(case["out"])
        count += 1
        if not case["ok"]:
            with pytest.raises(ValueError):
                utf7.encode(given_bytes.decode()) if case["way"] == "encode" else utf7.decode(given_bytes)
        elif case["way"] == "encode":
            assert utf7.encode(given_bytes.decode()) == expected
        else:
            assert utf7.decode(given_bytes) == expected.decode()
    assert count == 136


def test_imapclient_vectors() -> None:
    for case in vectors("imapclient/mutf7.jsonl"):
        assert utf7.encode(case["unicode"]) == octets(case)
        assert utf7.decode(octets(case)) == case["unicode"]


@given(st.text())
def test_every_name_comes_back(name: str) -> None:
    assert utf7.decode(utf7.encode(name)) == name
    assert utf7.decode_name(utf7.encode(name)) == name


@given(st.binary())
def test_a_name_for_display_never_fails(name: bytes) -> None:
    assert isinstance(utf7.decode_name(name), str)


@pytest.mark.parametrize(
    ("wire", "shown"),
    [
        (b"Entw&APw-rfe", "Entwürfe"),
        ("Entwürfe".encode(), "Entwürfe"),
        ("Entwürfe".encode("latin-1"), "Entwürfe"),
        (b"Tom & Jerry", "Tom & Jerry"),
        (b"&2D3cTA-", "\U0001f44c"),
        (b"&2D0-", "&2D0-"),
        (b"&U,BTFw-&ZeVnLIqe-", "台北日本語"),
        (b"&AGE-", "a"),
    ],
)
def test_what_servers_send_is_shown(wire: bytes, shown: str) -> None:
    assert utf7.decode_name(wire) == shown


def test_a_lone_surrogate_is_no_name() -> None:
    with pytest.raises(ValueError):
        utf7.encode("a\ud800")
