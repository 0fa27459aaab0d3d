from __future__ import annotations

from typing import Any

import pytest

from trasloco.documents.report_connections import unverified
from trasloco.engine.connection_facts import connection_facts
from trasloco.imap.endpoint import Endpoint, Security, Trust

SEEN = "ab" * 32


def account(source: Endpoint, destination: Endpoint) -> dict[str, Any]:
    return {"connections": {"source": connection_facts(source), "destination": connection_facts(destination)}}


VERIFIED = Endpoint("mx.example.net", 993, Security.IMPLICIT)


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (VERIFIED, []),
        (Endpoint("2001:db8::1", 143, Security.STARTTLS), []),
        (Endpoint("old.example", 143, Security.PLAIN, Trust.PIN), ["old.example:143: the connection was not encrypted."]),
        (
            Endpoint("old.example", 993, Security.IMPLICIT, Trust.PIN, fingerprint=SEEN),
            [f"old.example:993: its certificate was not verified; exactly this one was accepted, SHA-256 {SEEN}."],
        ),
        (
            Endpoint("2001:db8::1", 143, Security.STARTTLS, Trust.PIN),
            ["[2001:db8::1]:143: its certificate is not verified; the first one it shows is accepted, and then only that."],
        ),
    ],
)
def test_each_exception_is_said_of_its_side(endpoint: Endpoint, words: list[str]) -> None:
    assert unverified({"accounts": [account(endpoint, VERIFIED)]}) == [f"Old server {line}" for line in words]
    assert unverified({"accounts": [account(VERIFIED, endpoint)]}) == [f"New server {line}" for line in words]


def test_a_server_of_many_accounts_is_named_once() -> None:
    plain = account(VERIFIED, Endpoint("mx.example.net", 143, Security.PLAIN))
    assert len(unverified({"accounts": [plain, plain, plain]})) == 1


def test_a_report_of_before_says_nothing() -> None:
    assert unverified({"accounts": [{"source": "anna"}]}) == []
