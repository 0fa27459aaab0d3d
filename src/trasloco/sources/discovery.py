"""From an address to the server its mailbox is on. No password is asked for, known, or sent.

Asked are: what is known of the domain, its MX, its SRV records (RFC 6186), its own autoconfig file, what Thunderbird's
database (shipped as data) knows of the domain or its MX; if all of them are silent, the two usual names are tried. The
questions go out together, each with its limit of time. Then the candidates are called in the order of that list, until
one greets as an IMAP server does: greeting, capabilities and ID say what kind it is. A known provider's MX comes before
the domain's own autoconfig file: a web host often answers with one for domains whose mail is elsewhere.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from trasloco.engine.admission import NotAdmitted, admitted
from trasloco.engine.reach import reach
from trasloco.imap.client import Client, connect
from trasloco.imap.deadlines import Deadlines
from trasloco.imap.endpoint import Endpoint, Security, Trust
from trasloco.imap.errors import CommandFailed, ImapError, TlsFailed
from trasloco.plan.autoconfig import MOST_BYTES, AutoconfigError, NamedServer, read_autoconfig
from trasloco.plan.providers import Provider, of_domain, of_greeting, of_host, of_mx, providers
from trasloco.plan.thunderbird import server_of_domain, server_of_mx
from trasloco.sentence import sentence as _
from trasloco.sources.name_server import mail_servers, services
from trasloco.sources.web_page import NoPage, WebPages

_DEADLINES = Deadlines(connect=8, tls=8, greeting=8, login=8, command=8, logout=2)
_MOST_CALLED = 5
_PINNABLE = frozenset({"not-trusted", "wrong-name", "expired"})


class FoundBy(enum.StrEnum):
    """Where a server's name comes from."""

    PRESET = "preset"
    MX = "mx"
    SRV = "srv"
    AUTOCONFIG = "autoconfig"
    THUNDERBIRD = "thunderbird"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One server that may be the one. by, found_by: where its name comes from, found_by in words. mx: the mail server
    that led to it, "" for none."""

    server: NamedServer
    by: FoundBy
    found_by: str
    provider: Provider | None = None
    mx: str = ""


@dataclass(frozen=True, slots=True)
class Called:
    """What a candidate answered. trouble: why it is not usable as it is, "" = it is. certificate: why the certificate
    is not trusted, "" = it is. greeting: its words. server_id: name and vendor it gives itself. capabilities: of the greeting."""

    candidate: Candidate
    trouble: str = ""
    certificate: str = ""
    greeting: str = ""
    server_id: str = ""
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found. called: all that were called, the usable one last. asked: what each question came to, in words."""

    address: str
    provider: Provider
    called: tuple[Called, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()

    @property
    def found(self) -> Called | None:
        return self.called[-1] if self.called and not self.called[-1].trouble else None


@dataclass(slots=True)
class _Notes:
    asked: list[tuple[str, str]] = field(default_factory=list)

    def add(self, question: str, answer: str) -> None:
        self.asked.append((question, answer))


async def discover(address: str, *, allow_private: bool = False, pages: WebPages | None = None) -> Discovery:
    """Find the server of ``address`` (local@domain, ASCII or IDNA). Never raises for what others answer.

    allow_private: also servers in private, loopback and link-local ranges.
    """
    domain = _ascii(address.rpartition("@")[2])
    notes = _Notes()
    candidates = await _candidates(f"{address.rpartition('@')[0]}@{domain}", domain, pages or WebPages(allow_private), notes)
    called: list[Called] = []
    for candidate in candidates[:_MOST_CALLED]:
        called.append(await _call(candidate, allow_private))
        if not called[-1].trouble:
            break
    return Discovery(address, _kind(called), tuple(called), tuple(notes.asked))


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii").casefold()
    except UnicodeError:
        return domain.casefold()


async def _candidates(address: str, domain: str, pages: WebPages, notes: _Notes) -> list[Candidate]:
    known = of_domain(domain)
    notes.add(_("known addresses"), known.title if known else _("not among them"))
    if known is not None and known.host:
        return _preset(known, FoundBy.PRESET, _("its domain is known"))
    hosts, by_srv, by_file = await asyncio.gather(mail_servers(domain), _by_srv(domain), _by_autoconfig(address, domain, pages))
    answers = (("MX", _by_mx(hosts)), ("SRV", by_srv), ("autoconfig", by_file), (_("Thunderbird's database"), _by_database(domain, hosts)))
    found: list[Candidate] = []
    for question, (candidates, words) in answers:
        notes.add(question, words)
        found += candidates
    if not found:
        named = (NamedServer(f"{name}.{domain}", 993, login="any") for name in ("imap", "mail"))
        found = [Candidate(server, FoundBy.NAME, _("a guess by its name")) for server in named]
        notes.add(_("usual names"), f"imap.{domain}, mail.{domain}")
    unique: dict[tuple[str, int], Candidate] = {}
    for candidate in found:
        unique.setdefault((candidate.server.host.casefold(), candidate.server.port), candidate)
    return list(unique.values())


def _preset(provider: Provider, by: FoundBy, found_by: str, mx: str = "") -> list[Candidate]:
    assert provider.port is not None
    server = NamedServer(provider.host, provider.port, provider.starttls, provider.login, bool(provider.oauth))
    return [Candidate(server, by, found_by, provider, mx)]


def _by_mx(hosts: Sequence[str] | None) -> tuple[list[Candidate], str]:
    if not hosts:
        return [], _("the name server could not be asked") if hosts is None else _("there is none")
    for host in hosts:
        provider = of_mx(host)
        if provider is not None and provider.host:
            return _preset(provider, FoundBy.MX, _("its MX is %(host)s", host=host), host), f"{host}: {provider.title}"
    return [], _("%(hosts)s: none of the known providers", hosts=", ".join(hosts[:3]))


def _by_database(domain: str, hosts: Sequence[str] | None) -> tuple[list[Candidate], str]:
    """By the domain, else by one of its mail servers."""
    server, mx = server_of_domain(domain), ""
    for host in hosts or ():
        if server is None:
            server, mx = server_of_mx(host, domain), host
    if server is None:
        return [], _("not in it")
    found_by = _("its MX %(host)s, in Thunderbird's database", host=mx) if mx else _("Thunderbird's database")
    return [Candidate(server, FoundBy.THUNDERBIRD, found_by, of_host(server.host), mx)], f"{server.host}:{server.port}"


async def _by_srv(domain: str) -> tuple[list[Candidate], str]:
    """imaps before imap (RFC 8314 prefers TLS from the first byte)."""
    implicit, explicit = await asyncio.gather(services(domain, "_imaps._tcp"), services(domain, "_imap._tcp"))
    if implicit is None and explicit is None:
        return [], _("the name server could not be asked")
    servers = [NamedServer(host, port, login="address") for host, port in implicit or []]
    servers += [NamedServer(host, port, starttls=True, login="address") for host, port in explicit or []]
    words = ", ".join(f"{server.host}:{server.port}" for server in servers) or _("there is none")
    return [Candidate(server, FoundBy.SRV, _("its SRV record"), of_host(server.host)) for server in servers], words


async def _by_autoconfig(address: str, domain: str, pages: WebPages) -> tuple[list[Candidate], str]:
    urls = (
        f"https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={quote(address)}",
        f"https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
    )
    answers = await asyncio.gather(*(_autoconfig(url, address, pages) for url in urls))
    for servers, _words in answers:
        if servers:
            words = ", ".join(f"{server.host}:{server.port}" for server in servers)
            return [Candidate(server, FoundBy.AUTOCONFIG, _("its autoconfig file"), of_host(server.host)) for server in servers], words
    return [], "; ".join(dict.fromkeys(answer[1] for answer in answers))


async def _autoconfig(url: str, address: str, pages: WebPages) -> tuple[list[NamedServer], str]:
    try:
        servers = read_autoconfig(await pages.fetch(url, MOST_BYTES), address)
    except NoPage as error:
        return [], str(error)
    except AutoconfigError as error:
        return [], _("there is a file, but %(why)s", why=str(error))
    return servers, "" if servers else _("there is a file, but it names no encrypted IMAP server")


async def _call(candidate: Candidate, allow_private: bool) -> Called:
    """Greeting, capabilities and ID; with a certificate that is not trusted once more, as nothing secret is said."""
    server = candidate.server
    bare = Endpoint(server.host, server.port, Security.STARTTLS if server.starttls else Security.IMPLICIT)
    try:
        endpoint = replace(bare, address=await admitted(server.host, server.port, reach(private=allow_private)))
    except NotAdmitted as error:
        return Called(candidate, str(error))
    try:
        return await _greet(candidate, endpoint)
    except TlsFailed as error:
        if error.reason not in _PINNABLE:
            return Called(candidate, str(error))
        certificate = str(error)
    except ImapError as error:
        return Called(candidate, str(error))
    try:
        return replace(await _greet(candidate, replace(endpoint, trust=Trust.PIN)), certificate=certificate)
    except ImapError as error:
        return Called(candidate, str(error))


async def _greet(candidate: Candidate, endpoint: Endpoint) -> Called:
    client = await connect(endpoint, deadlines=_DEADLINES)
    try:
        known = await _identify(client)
        return Called(candidate, greeting=client.greeting, server_id=known, capabilities=tuple(client.capabilities))
    finally:
        await client.logout()


async def _identify(client: Client) -> str:
    try:
        facts = await client.identify({"name": "Trasloco"})
    except CommandFailed:
        return ""
    return " ".join(dict.fromkeys(filter(None, (facts.get("name", ""), facts.get("vendor", "")))))


def _kind(called: Sequence[Called]) -> Provider:
    """By the name it was found under, else by what it says of itself."""
    for item in reversed(called):
        by_words = of_greeting(f"{item.greeting} {item.server_id}") if not item.trouble else None
        found = item.candidate.provider or by_words
        if found is not None:
            return found
    return providers()["standard"]
