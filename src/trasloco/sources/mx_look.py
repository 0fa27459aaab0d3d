"""Where a domain's mail goes, in the words of each name server that answers for it: no cache lies between.

Each server is asked at each of its addresses, without recursion (RFC 1034 4.3.1), over UDP, and over TCP where the answer is
cut. A CNAME (RFC 5321 5.1) is followed to the servers of the other name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from trasloco.plan.address_policy import AddressPolicy
from trasloco.plan.mx_answer import LONGEST_TTL, Answer, Heard, Kind, Look, Silence
from trasloco.sentence import sentence as _
from trasloco.sources.authorities import Addresses, Delegation, NoZone, addresses_of, authority_port, delegation, short, text_of

ASK_SECONDS = (2.0, 3.0)  # each try of one server
LOOK_SECONDS = 40.0
MOST_ALIASES = 8
MOST_HOSTS = 100  # of one domain: a hostile zone can name thousands
_PAYLOAD = 1232  # bytes over UDP that pass everywhere (DNS flag day 2020)


class _NoAnswer(Exception):
    """Why a server's answer is none."""

    def __init__(self, silence: Silence, words: str) -> None:
        super().__init__(words)
        self.silence, self.words = silence, words


async def look(domain: str, *, policy: AddressPolicy, also: Sequence[tuple[str, str]] = ()) -> Look:
    """Ask all servers of a domain. also: pairs of server and address that were asked before, and are asked again.

    policy: which addresses may be asked. Never raises for what a name server does; takes less than a minute.
    """
    looking = _Looking(policy)
    try:
        name = dns.name.from_text(domain)
        async with asyncio.timeout(LOOK_SECONDS):
            return await looking.look(name, also)
    except dns.exception.DNSException as error:
        return Look(words=_("%(name)s is not a name that the DNS can have (%(words)s)", name=domain, words=short(error)))
    except NoZone as error:
        return Look(words=str(error))
    except TimeoutError:
        return Look(words=_("the name servers of %(name)s took longer than %(seconds)s s", name=domain, seconds=f"{LOOK_SECONDS:.0f}"))
    finally:
        looking.close()


class _Looking:
    """One look; a name that several servers lead to is asked for once."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._aliases: dict[dns.name.Name, asyncio.Task[Look]] = {}

    def close(self) -> None:
        """What is still being asked is asked for nobody."""
        for task in self._aliases.values():
            task.cancel()

    async def look(self, name: dns.name.Name, also: Sequence[tuple[str, str]] = (), way: tuple[dns.name.Name, ...] = ()) -> Look:
        """way: the aliases that led here. Raises ``NoZone``."""
        found = await delegation(name)
        addresses = await addresses_of(found.names, policy=self._policy)
        addresses = await self._with_own(found, addresses)
        named = frozenset(f"{server} {address}" for server, address in addresses.usable)
        again = (pair for pair in also if self._policy.refusal([pair[1]]) is None)
        asked = dict.fromkeys((*addresses.usable, *again))
        heard = await asyncio.gather(*(self._hear(server, address, name, (*way, name)) for server, address in asked))
        return Look((*heard, *addresses.unusable), named, found.ttl)

    async def _with_own(self, found: Delegation, addresses: Addresses) -> Addresses:
        """With the servers that the zone names itself: a cache may know those of yesterday."""
        own = await asyncio.gather(*(_servers_of(address, found.zone) for _server, address in addresses.usable[:3]))
        names = set[str]().union(*own)
        if missing := tuple(sorted(names - set(found.names))):
            more = await addresses_of(missing, policy=self._policy)
            return Addresses((*addresses.usable, *more.usable), (*addresses.unusable, *more.unusable))
        return addresses

    async def _hear(self, server: str, address: str, name: dns.name.Name, way: tuple[dns.name.Name, ...]) -> Heard:
        try:
            return Heard(server, address, await self._answer(address, name, way))
        except _NoAnswer as error:
            return Heard(server, address, None, error.silence, error.words)

    async def _answer(self, address: str, name: dns.name.Name, way: tuple[dns.name.Name, ...]) -> Answer:
        """MX, or what stands in for it. Raises ``_NoAnswer``."""
        response = await _ask(address, name, dns.rdatatype.MX)
        owner, alias_ttl = _behind_aliases(response, name)
        records = response.get_rrset(response.answer, owner, dns.rdataclass.IN, dns.rdatatype.MX)
        if records:
            return _mx(records, alias_ttl)
        if owner != name:
            return await self._behind(owner, alias_ttl, way)
        if response.rcode() == dns.rcode.NXDOMAIN:
            return Answer(Kind.NONE, (), _negative_ttl(response))
        return await _implicit(address, name, _negative_ttl(response))

    async def _behind(self, owner: dns.name.Name, ttl: int, way: tuple[dns.name.Name, ...]) -> Answer:
        """What the servers of another name say, as one answer: it is theirs whom the alias leads to. Raises ``_NoAnswer``."""
        if owner in way or len(way) > MOST_ALIASES:
            raise _NoAnswer(Silence.SILENT, _("its alias leads round in a circle, over %(name)s", name=text_of(owner)))
        if owner not in self._aliases:
            self._aliases[owner] = asyncio.create_task(self.look(owner, (), way))
        try:
            found = await asyncio.shield(self._aliases[owner])
        except NoZone as error:
            raise _NoAnswer(Silence.SILENT, _("it is an alias of %(name)s, and %(why)s", name=text_of(owner), why=str(error))) from error
        silent = [item for item in found.heard if item.silence is Silence.SILENT]
        answers = [item.answer for item in found.heard if item.answer is not None]
        if silent or not answers:
            words = silent[0].words if silent else _("nobody answers for that")
            raise _NoAnswer(Silence.SILENT, _("it is an alias of %(name)s: %(why)s", name=text_of(owner), why=words))
        hosts = tuple(dict.fromkeys(host for answer in answers for host in answer.hosts))
        kinds = {answer.kind for answer in answers}
        kind = next(item for item in (Kind.MX, Kind.IMPLICIT, Kind.NULL, Kind.NONE) if item in kinds)
        return Answer(kind, hosts, max(ttl, *(answer.ttl for answer in answers)))


async def _servers_of(address: str, zone: dns.name.Name) -> set[str]:
    """The servers that one server of the zone names; none where it does not say."""
    try:
        response = await _ask(address, zone, dns.rdatatype.NS)
    except _NoAnswer:
        return set()
    records = response.get_rrset(response.answer, zone, dns.rdataclass.IN, dns.rdatatype.NS)
    return {text_of(record.target) for record in records or ()}


async def _implicit(address: str, name: dns.name.Name, ttl: int) -> Answer:
    """Addresses instead of MX records (RFC 5321 5.1). ttl: of the answer that there is no MX. Raises ``_NoAnswer``."""
    found, ttls = [], [ttl]
    for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
        response = await _ask(address, name, kind)
        records = response.get_rrset(response.answer, name, dns.rdataclass.IN, kind)
        if records:
            found += [record.address for record in records]
            ttls.append(min(records.ttl, LONGEST_TTL))
    return Answer(Kind.IMPLICIT, tuple(sorted(found)), max(ttls)) if found else Answer(Kind.NONE, (), ttl)


def _mx(records: dns.rrset.RRset, alias_ttl: int) -> Answer:
    """Raises ``_NoAnswer`` for more hosts than anybody has."""
    ttl = min(max(records.ttl, alias_ttl), LONGEST_TTL)
    best = sorted((record.preference, text_of(record.exchange)) for record in records)
    hosts = tuple(dict.fromkeys(host for _preference, host in best if host != "."))
    if len(hosts) > MOST_HOSTS:
        raise _NoAnswer(Silence.SILENT, _("it names more than %(most)s mail servers", most=str(MOST_HOSTS)))
    return Answer(Kind.MX, hosts, ttl) if hosts else Answer(Kind.NULL, (), ttl)


def _behind_aliases(response: dns.message.Message, name: dns.name.Name) -> tuple[dns.name.Name, int]:
    """The name at the end of the aliases in this answer, and the longest time for which a cache keeps one of them.
    Raises ``_NoAnswer`` for a circle."""
    ttl, met = 0, {name}
    while alias := response.get_rrset(response.answer, name, dns.rdataclass.IN, dns.rdatatype.CNAME):
        name, ttl = alias[0].target, max(ttl, alias.ttl)
        if name in met:
            raise _NoAnswer(Silence.SILENT, _("its alias leads round in a circle, over %(name)s", name=text_of(name)))
        met.add(name)
    return name, ttl


def _negative_ttl(response: dns.message.Message) -> int:
    """Of the SOA that comes with a negative answer (RFC 2308 5); 0 without one: then it is not to be kept."""
    found = [min(records.ttl, records[0].minimum) for records in response.authority if records.rdtype == dns.rdatatype.SOA]
    return min(max(found, default=0), LONGEST_TTL)


async def _ask(address: str, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.message.Message:
    """An answer with authority. Raises ``_NoAnswer``."""
    response = await _exchange(address, name, kind)
    rcode = response.rcode()
    if rcode in (dns.rcode.REFUSED, dns.rcode.NOTAUTH):
        raise _NoAnswer(Silence.LAME, _("it does not answer for this domain (%(code)s)", code=dns.rcode.to_text(rcode)))
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise _NoAnswer(Silence.SILENT, _("it says %(code)s", code=dns.rcode.to_text(rcode)))
    if not response.flags & dns.flags.AA:
        raise _NoAnswer(Silence.LAME, _("it does not answer for this domain (without authority)"))
    return response


async def _exchange(address: str, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.message.Message:
    """Question and answer. Raises ``_NoAnswer``."""
    port, trouble, edns = authority_port(), _("it does not answer"), True
    for seconds in ASK_SECONDS:
        query = dns.message.make_query(name, kind, use_edns=0 if edns else False, payload=_PAYLOAD)
        query.flags &= ~dns.flags.RD
        try:
            response, _tcp = await dns.asyncquery.udp_with_fallback(
                query, address, timeout=seconds, port=port, ignore_unexpected=True, ignore_trailing=True, ignore_errors=True
            )
        except dns.exception.Timeout:
            trouble = _("it does not answer")
        except (dns.exception.DNSException, OSError, EOFError, ValueError) as error:
            trouble = _("it cannot be asked (%(words)s)", words=short(error))
        else:
            if not (edns and response.rcode() in (dns.rcode.FORMERR, dns.rcode.NOTIMP)):
                return response
            edns, trouble = False, _("it says %(code)s", code=dns.rcode.to_text(response.rcode()))  # a server from before EDNS (RFC 6891 7)
    raise _NoAnswer(Silence.SILENT, trouble)
