from __future__ import annotations

import pytest

from trasloco.plan.autoconfig import MOST_BYTES, AutoconfigError, NamedServer, read_autoconfig


def config(*servers: str) -> bytes:
    return f'<clientConfig version="1.1"><emailProvider id="x">{"".join(servers)}</emailProvider></clientConfig>'.encode()


def server(host: str = "mail.old.example", port: str = "993", socket: str = "SSL", more: str = "", kind: str = "imap") -> str:
    where = f"<hostname>{host}</hostname><port>{port}</port><socketType>{socket}</socketType>"
    return f'<incomingServer type="{kind}">{where}{more}</incomingServer>'


def read(*servers: str) -> list[NamedServer]:
    return read_autoconfig(config(*servers), "anna@old.example")


def test_servers_come_in_the_order_of_the_file() -> None:
    user = "<username>%EMAILLOCALPART%</username><authentication>OAuth2</authentication>"
    found = read(server(), server(port="143", socket="STARTTLS", more=user), server(kind="pop3"), server())
    assert found == [
        NamedServer("mail.old.example", 993, login="any"),
        NamedServer("mail.old.example", 143, starttls=True, login="local part", token=True),
    ]


def test_marks_are_filled_in() -> None:
    whole = "<username>%EMAILADDRESS%</username>"
    assert read(server("imap.%EMAILDOMAIN%", more=whole)) == [NamedServer("imap.old.example", 993, login="address")]


@pytest.mark.parametrize(
    "item",
    [
        server(socket="plain"),
        server(socket=""),
        server(port="0"),
        server(port="x"),
        server(port=""),
        server("with space"),
        server(""),
        server("mail.old.example/path"),
    ],
)
def test_what_is_no_encrypted_server_is_passed_over(item: str) -> None:
    assert read(item) == []


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><clientConfig>&b;</clientConfig>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (BOMB, "document type"),
        (BOMB.decode().encode("utf-16"), "document type"),
        (b"<html>", "no XML"),
        (b"", "no XML"),
        (b"<other/>", "no clientConfig"),
        (b" " * (MOST_BYTES + 1), "more than 65,536 bytes"),
        (b"\xff\xfe\xff", "no XML"),
    ],
)
def test_what_is_no_such_file_is_refused_with_the_reason(data: bytes, words: str) -> None:
    with pytest.raises(AutoconfigError, match=words):
        read_autoconfig(data, "anna@old.example")
