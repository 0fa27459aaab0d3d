"""To which addresses a token may be sent."""

from __future__ import annotations

import pytest

from trasloco.client.address import api_address


@pytest.mark.parametrize(
    ("server", "address"),
    [
        ("https://trasloco.example.net", "https://trasloco.example.net/api/v1"),
        (" https://trasloco.example.net/ ", "https://trasloco.example.net/api/v1"),
        ("https://mail.example.net:8443/move/", "https://mail.example.net:8443/move/api/v1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v1"),
        ("http://[::1]:8080", "http://[::1]:8080/api/v1"),
        ("http://localhost", "http://localhost/api/v1"),
    ],
)
def test_the_api_is_below_the_panel(server: str, address: str) -> None:
    assert api_address(server) == address


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("http://trasloco.example.net", "not encrypted"),
        ("http://127.0.0.1.example.net", "not encrypted"),
        ("http://10.0.0.1", "not encrypted"),
        ("https://anna:secret-of-anna@trasloco.example.net", "name or a password"),
        ("https://trasloco.example.net/?token=1", "more than an address"),
        ("https://trasloco.example.net/#here", "more than an address"),
        ("https://trasloco.example.net:port", "not an address"),
        ("trasloco.example.net", "not an address"),
        ("ftp://trasloco.example.net", "not an address"),
        ("https://", "not an address"),
        ("", "not an address"),
    ],
)
def test_what_must_not_get_a_token_is_refused_in_words(server: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        api_address(server)
    assert words in str(caught.value)
    assert "secret-of-anna" not in str(caught.value)
