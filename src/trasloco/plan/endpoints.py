"""From what an operator writes (a host and port, a URL, ``--tls``, ``--starttls``) to an ``Endpoint``.

| tls | port | --starttls | connection |
|---|---|---|---|
| verify, pin | none | no / yes | 993 implicit TLS / 143 STARTTLS |
| verify, pin | 993 | no | implicit TLS |
| verify, pin | 143 | no | STARTTLS, required: never plain text |
| verify, pin | other | no | implicit TLS |
| verify, pin | any | yes | STARTTLS, required |
| off | none / any | no | 143 / that port, plain text |
| off | any | yes | a contradiction, refused |

A source that speaks POP3 is written ``pop3://host``, or shows it by its port: 110 with STLS, 995 with TLS from the first byte.

``imaps://`` is TLS from the first byte; ``imap://`` is plain text, allowed only with ``--tls off``, or
STARTTLS when ``--starttls`` is given. Nothing is ever downgraded silently.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import unquote

from trasloco.imap.endpoint import Endpoint, Security, Speech, Trust
from trasloco.sentence import Sentence
from trasloco.sentence import sentence as _

IMAP_PORT, IMAPS_PORT = 143, 993
POP3_PORT, POP3S_PORT = 110, 995

_POP3 = re.compile(r"pop3s?://", re.IGNORECASE)

_NAME = re.compile(r"(?!-)[^\s/@:\[\]<>\"'(),;\\#?%]{1,253}")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_V6_REMEDY = _("An IPv6 address with a port is written as [2001:db8::1]:993.")
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)


class EndpointError(ValueError):
    """What was written cannot be used; str() says why and what to write instead."""


class ServerError(EndpointError):
    """A server that cannot be one. words: why; remedy: what to write instead. Both are sentences."""

    def __init__(self, words: Sentence, remedy: Sentence) -> None:
        super().__init__(f"{words.removesuffix('.')}: {remedy[:1].lower()}{remedy[1:].removesuffix('.')}")
        self.words, self.remedy = words, remedy


def source_endpoint(host: str, port: int | None, *, tls: str, starttls: bool, speech: Speech = Speech.IMAP) -> Endpoint:
    """The endpoint of a CSV line's server. ``tls``: "verify", "pin" or "off"; port None = the usual one.

    Raises EndpointError."""
    if tls not in {"verify", "pin", "off"}:
        raise EndpointError(f'--tls is "{tls}"; it must be verify, pin or off')
    if port is not None and not 1 <= port <= 65535:
        raise EndpointError(f"The port {port} does not exist; ports go from 1 to 65535")
    clear, encrypted = _PORTS[speech]
    if tls == "off":
        if starttls:
            raise EndpointError("--starttls asks for TLS and --tls off forbids it: leave one of them out")
        return Endpoint(host, port or clear, Security.PLAIN, speech=speech)
    trust = Trust(tls)
    if starttls:
        return Endpoint(host, port or clear, Security.STARTTLS, trust, speech=speech)
    if port == clear:
        return Endpoint(host, port, Security.STARTTLS, trust, speech=speech)
    return Endpoint(host, port or encrypted, Security.IMPLICIT, trust, speech=speech)


_PORTS = {Speech.IMAP: (IMAP_PORT, IMAPS_PORT), Speech.POP3: (POP3_PORT, POP3S_PORT)}


def usual_port(tls: str, speech: Speech = Speech.IMAP) -> int:
    """The port of ``source_endpoint`` where none is written."""
    clear, encrypted = _PORTS[speech]
    return clear if tls == "off" else encrypted


def parse_source(text: str) -> tuple[str, int | None, Speech]:
    """As ``parse_server``, of a source: with ``pop3://`` before it, or with a port of POP3, it speaks POP3."""
    marked = _POP3.match(text.strip())
    host, port = parse_server(text.strip()[marked.end() :].rstrip("/") if marked else text)
    return host, port, Speech.POP3 if marked or port in _PORTS[Speech.POP3] else Speech.IMAP


def speech_of(name: str) -> Speech:
    """What is spoken, by its stored name. Raises ValueError."""
    return Speech(name)


def stored_source(host: str, port: int, speech: str, tls: str) -> str:
    """What a person would write for this server; its port only where it is not the usual one."""
    spoken = Speech(speech)
    return written_source(host, None if port == usual_port(tls, spoken) else port, spoken)


def written_source(host: str, port: int | None, speech: Speech) -> str:
    """The inverse of ``parse_source``. port: None = the usual one."""
    shown = f"[{host}]" if ":" in host and (port or speech is Speech.POP3) else host
    return f"{'pop3://' if speech is Speech.POP3 else ''}{shown}{f':{port}' if port else ''}"


def destination_url(url: str, *, tls: str, starttls: bool, pop3: bool = False) -> tuple[Endpoint, str]:
    """The endpoint of ``imaps://[user@]host[:port]`` or ``imap://...``, and the login in it ("" if none). pop3: ``pop3://...`` is
    allowed too, with TLS as of a line of the CSV.

    The user may be percent-encoded, and may contain "@": the last one ends it. Raises EndpointError,
    whose words never repeat the user part (someone may have put a password there)."""
    found = _URL.fullmatch(url.strip())
    if found is None:
        raise EndpointError("The server must be written as imaps://host or imaps://user@host:port")
    scheme, rest = found["scheme"].lower(), found["rest"]
    if pop3 and scheme in {"pop3", "pop3s"}:
        user, _, server = rest.rpartition("@")
        host, port = parse_server(re.sub(r"/+\Z", "", server))
        return source_endpoint(host, port, tls=tls, starttls=starttls, speech=Speech.POP3), _login(user)
    if scheme not in {"imap", "imaps"}:
        raise EndpointError(f"{scheme}:// is not a mail server's address: write imaps://host (or imap://host with --tls off)")
    user, _, server = rest.rpartition("@")
    login = _login(user)
    host, port = parse_server(re.sub(r"/+\Z", "", server))
    if scheme == "imaps":
        _refuse_without_tls(host, tls, starttls)
        if port == IMAP_PORT:
            raise EndpointError(f"Port 143 does not speak TLS from the first byte: write imaps://{host}, or imap://{host} with --starttls")
        return source_endpoint(host, port or IMAPS_PORT, tls=tls, starttls=False), login
    if tls != "off" and not starttls:
        words = f"imap://{host} means plain text, where everyone on the way can read passwords and mail: write imaps://{host}"
        raise EndpointError(f"{words}, or add --starttls, or, if you mean plain text, --tls off")
    return source_endpoint(host, port or IMAP_PORT, tls=tls, starttls=starttls), login


def _refuse_without_tls(host: str, tls: str, starttls: bool) -> None:
    if tls == "off":
        raise EndpointError(
            f"imaps://{host} asks for TLS and --tls off forbids it: write imap://{host} for plain text, or leave --tls off out"
        )
    if starttls:
        raise EndpointError(f"imaps:// is TLS from the first byte, --starttls begins without: write imap://{host} with --starttls")


def _login(user: str) -> str:
    if ":" in user:
        raise EndpointError(
            'Nothing may follow ":" before the "@": passwords are read from files, never from a URL (write a ":" in a login as %3A)'
        )
    try:
        return unquote(user, errors="strict")
    except UnicodeDecodeError:
        raise EndpointError("The user in the URL is percent-encoded, but not as UTF-8") from None


def parse_server(text: str) -> tuple[str, int | None]:
    """``host``, ``host:143``, ``[v6]:993``, ``[v6]`` or a bare IPv6 address -> (host, port or None).

    Raises ServerError, whose words say what to write and never repeat the text: in a CSV with shifted
    columns a password stands here."""
    text = text.strip()
    if not text:
        raise ServerError(_("The server is missing."), _("Write its IP address or its name, such as 192.0.2.10."))
    if _URL.fullmatch(text):
        raise ServerError(_("A URL does not belong here."), _('Write only the host, without "imap://" and without a path.'))
    if re.search(r"\s", text):
        raise ServerError(_("There is a space inside the server."), _("Write host or host:port, nothing else."))
    if text.startswith("["):
        literal, closed, port = text[1:].partition("]")
        if not closed or (port and not port.startswith(":")):
            raise ServerError(_("The brackets of this IPv6 address are not in place."), _V6_REMEDY)
        return _v6(literal), _port(port[1:]) if port else None
    if text.count(":") > 1:
        return _v6(text), None
    host, colon, port = text.partition(":")
    return _host(host), _port(port) if colon else None


def _v6(text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        raise ServerError(_("This is not an IPv6 address."), _V6_REMEDY) from None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise ServerError(_("What follows the host is not a port."), _("A port is a number from 1 to 65535, usually 993 or 143."))
    return int(text)


def _host(text: str) -> str:
    host = text.removesuffix(".")
    if _ends_in_a_number(host):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise ServerError(_("This is not an IPv4 address."), _("One has four numbers from 0 to 255.")) from None
    labels = host.split(".")
    if "@" in host:
        raise ServerError(_("This looks like a mail address."), _("Write the name of the IMAP server."))
    if (
        not _NAME.fullmatch(host)
        or _INVISIBLE & {unicodedata.category(char) for char in host}
        or not all(label and len(label) <= 63 and not label.endswith("-") for label in labels)
    ):
        raise ServerError(_("This is not a host name."), _("Write for example imap.example.net or 192.0.2.10."))
    return host


def _ends_in_a_number(host: str) -> bool:
    """No name does (RFC 1123 2.1), but some resolvers read 2130706433, 0x7f.1 and 0177.0.0.1 as addresses, also in the digits and dots
    of other scripts."""
    plain = unicodedata.normalize("NFKC", host).replace("\u3002", ".")
    return _NUMBER.fullmatch(plain.removesuffix(".").rpartition(".")[2]) is not None


def is_address(host: str) -> bool:
    """Whether the host is a literal IP address, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
