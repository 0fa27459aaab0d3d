"""Autoconfig files of strangers: servers, or one error that says why not."""

from __future__ import annotations

from trasloco.plan.autoconfig import AutoconfigError, read_autoconfig

_SERVER = (
    b'<clientConfig version="1.1"><emailProvider id="x"><incomingServer type="imap"><hostname>imap.%EMAILDOMAIN%</hostname><port>993</port>'
    b"<socketType>SSL</socketType><username>%EMAILADDRESS%</username><authentication>OAuth2</authentication></incomingServer>"
    b"</emailProvider></clientConfig>"
)


TOKENS = (b"<", b"/>", b"<![CDATA[", b"]]>", b"&#0;", b"&lt;", b"<hostname>", b"<port>", b"%EMAILDOMAIN%", b"<?xml ", b"encoding=")


def check(data: bytes) -> None:
    """Raises AssertionError, and whatever is raised that is no AutoconfigError."""
    try:
        servers = read_autoconfig(data, "anna@example.org")
    except AutoconfigError:
        return
    for server in servers:
        assert server.host
        assert not set(server.host) & set(" /\\\r\n\t\0@")
        assert 0 < server.port < 65536


def seeds() -> list[bytes]:
    """Files as they are, and as they are not."""
    return [
        _SERVER,
        _SERVER.replace(b"SSL", b"STARTTLS").replace(b"993", b"143"),
        b'<?xml version="1.0" encoding="UTF-16"?>' + _SERVER,
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><clientConfig>&a;</clientConfig>",
        b"<html/>",
    ]
