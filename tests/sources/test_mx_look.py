"""Real questions over UDP and TCP to name servers on loopback, each at an address of its own."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.fix_name_servers import NameServers, Records
from trasloco.plan.address_policy import AddressPolicy
from trasloco.plan.mx_answer import Answer, Kind, Look, Silence
from trasloco.sources.mx_look import look


def mx(*lines: str) -> Records:
    return {("old.example", "MX"): lines}


async def seen(domain: str = "old.example", also: Sequence[tuple[str, str]] = ()) -> Look:
    return await look(domain, policy=AddressPolicy(private=True), also=also)


def answers(found: Look) -> list[Answer | None]:
    return [item.answer for item in found.heard]


async def test_each_server_says_its_own_with_the_ttl_it_gives(name_servers: NameServers) -> None:
    _, (first, second) = name_servers(mx("20 b.old.example.", "10 A.old.example."), mx("10 mx.new.example."))
    second.ttl = 300
    found = await seen()
    assert answers(found) == [
        Answer(Kind.MX, ("a.old.example", "b.old.example"), 3600),
        Answer(Kind.MX, ("mx.new.example",), 300),
    ]
    assert found.named == {"ns1.dns.example 127.0.0.2", "ns2.dns.example 127.0.0.3"}
    assert found.ttl == 60
    assert ("old.example", "MX") in first.asked


async def test_an_answer_that_is_cut_is_asked_for_by_tcp(name_servers: NameServers) -> None:
    _, (first, second) = name_servers(mx("10 mx.old.example."), mx("10 mx.old.example."))
    first.truncating = second.truncating = True
    assert answers(await seen()) == [Answer(Kind.MX, ("mx.old.example",), 3600)] * 2
    assert ("old.example", "MX") in first.by_tcp


async def test_a_name_without_mx_has_its_addresses_and_one_that_takes_no_mail_says_so(name_servers: NameServers) -> None:
    _, (first, _second) = name_servers({("old.example", "A"): ["192.0.2.7"], ("old.example", "AAAA"): ["2001:db8::7"]}, mx("0 ."))
    first.minimum = 900
    assert answers(await seen()) == [Answer(Kind.IMPLICIT, ("192.0.2.7", "2001:db8::7"), 3600), Answer(Kind.NULL, (), 3600)]


async def test_more_mail_servers_than_anybody_has_are_no_answer(name_servers: NameServers) -> None:
    many = mx(*(f"{number} mx{number}.old.example." for number in range(200)))
    _, zones = name_servers(many, many)
    found = await seen()
    assert not found.answered
    assert found.heard[0].words == "it names more than 100 mail servers"
    assert ("old.example", "MX") in zones[0].by_tcp


async def test_a_name_that_does_not_exist_is_kept_as_long_as_its_zone_says(name_servers: NameServers) -> None:
    _, zones = name_servers({}, {})
    for zone in zones:
        zone.minimum = 900
    assert answers(await seen("sub.old.example")) == [Answer(Kind.NONE, (), 900)] * 2


async def test_a_subdomain_is_asked_of_the_zone_above_it(name_servers: NameServers) -> None:
    records = {("mail.old.example", "MX"): ["5 mx.old.example."]}
    name_servers(records, records)
    assert answers(await seen("mail.old.example")) == [Answer(Kind.MX, ("mx.old.example",), 3600)] * 2


async def test_silence_servfail_and_lameness_are_told_apart(name_servers: NameServers) -> None:
    _, (first, second) = name_servers(mx("10 mx.old.example."), mx("10 mx.old.example."))
    first.silent.add("old.example")
    second.failing.add("old.example")
    found = await seen()
    assert [(item.silence, item.words) for item in found.heard] == [
        (Silence.SILENT, "it does not answer"),
        (Silence.SILENT, "it says SERVFAIL"),
    ]
    assert not found.answered
    first.silent.clear()
    second.failing.clear()
    first.refusing = second.lame = True
    found = await seen()
    assert [item.silence for item in found.heard] == [Silence.LAME, Silence.LAME]
    assert found.heard[0].words == "it does not answer for this domain (REFUSED)"


async def test_a_server_without_an_address_is_named(name_servers: NameServers) -> None:
    name_servers(mx("10 mx.old.example."), world={("old.example", "NS"): ["ns1.dns.example.", "nowhere.example."]})
    found = await seen()
    assert found.heard[-1].server == "nowhere.example"
    assert (found.heard[-1].silence, found.heard[-1].words) == (Silence.UNASKED, "it has no address")


async def test_servers_that_only_the_zone_itself_names_are_asked_too(name_servers: NameServers) -> None:
    both = mx("10 mx.old.example.")
    name_servers(both, both, world={("old.example", "NS"): ["ns1.dns.example."]})  # what a cache knows since yesterday
    assert [item.server for item in (await seen()).heard] == ["ns1.dns.example", "ns2.dns.example"]


async def test_servers_that_were_asked_before_are_asked_again_and_not_counted_as_named(name_servers: NameServers) -> None:
    _, (first, second) = name_servers(mx("10 mx.new.example."), mx("10 mx.old.example."))
    only = {("old.example", "NS"): ["ns1.dns.example."]}
    first.records |= only
    found = await seen(also=[("gone.dns.example", "127.0.0.3")])
    assert ("gone.dns.example", Answer(Kind.MX, ("mx.old.example",), 3600)) in [(item.server, item.answer) for item in found.heard]
    assert "gone.dns.example 127.0.0.3" not in found.named
    assert second.asked


async def test_an_alias_is_followed_to_the_servers_of_the_other_name(name_servers: NameServers) -> None:
    alias = {("old.example", "CNAME"): ["mail.other.example."]}
    world = {("other.example", "NS"): ["ns3.dns.example."], ("ns3.dns.example", "A"): ["127.0.0.4"]}
    far = {("mail.other.example", "MX"): ["10 mx.other.example."], ("other.example", "NS"): ["ns3.dns.example."]}
    _, zones = name_servers(alias, alias, far, world=world)
    zones[2].ttl = 7200
    assert answers(await seen()) == [Answer(Kind.MX, ("mx.other.example",), 7200)] * 2
    zones[2].silent.add("mail.other.example")
    found = await seen()
    assert not found.answered
    assert found.heard[0].words == "it is an alias of mail.other.example: it does not answer"


async def test_aliases_in_a_circle_end(name_servers: NameServers) -> None:
    world = {("other.example", "NS"): ["ns1.dns.example."]}
    records = {("old.example", "CNAME"): ["other.example."], ("other.example", "CNAME"): ["old.example."]}
    name_servers(records, records, world=world)
    found = await seen()
    assert not found.answered
    assert "leads round in a circle" in found.heard[0].words


async def test_aliases_in_a_circle_over_two_zones_end(name_servers: NameServers) -> None:
    world = {("other.example", "NS"): ["ns3.dns.example."], ("ns3.dns.example", "A"): ["127.0.0.4"]}
    here, there = {("old.example", "CNAME"): ["other.example."]}, {("other.example", "CNAME"): ["old.example."]}
    name_servers(here, here, {**there, ("other.example", "NS"): ["ns3.dns.example."]}, world=world)
    found = await seen()
    assert not found.answered
    assert "leads round in a circle" in found.heard[0].words


async def test_nobody_is_asked_at_an_address_that_is_not_allowed(name_servers: NameServers) -> None:
    _, (first, second) = name_servers(mx("10 mx.old.example."), mx("10 mx.old.example."))
    found = await look("old.example", policy=AddressPolicy())
    assert [item.silence for item in found.heard] == [Silence.UNASKED] * 2
    assert found.heard[0].words == "it was not asked: 127.0.0.2 is a loopback address"
    assert first.asked == second.asked == []


async def test_where_nobody_can_say_who_answers_the_reason_is_told(name_servers: NameServers, monkeypatch: pytest.MonkeyPatch) -> None:
    resolver, _ = name_servers(mx("10 mx.old.example."))
    resolver.silent.add("old.example")
    assert "does not say who answers for old.example" in (await seen()).words
    assert (await seen("nowhere.test")).words == "nobody answers for nowhere.test: no name above it has name servers"
    assert "is not a name that the DNS can have" in (await seen("a..b")).words


async def test_a_server_from_before_edns_is_asked_without_it(name_servers: NameServers, monkeypatch: pytest.MonkeyPatch) -> None:
    import dns.message
    import dns.rcode

    _, (first, _second) = name_servers(mx("10 mx.old.example."), mx("10 mx.old.example."))
    answer = first.answer

    def plain(question: dns.message.Message, *, tcp: bool = False) -> dns.message.Message | None:
        if question.edns < 0:
            return answer(question, tcp=tcp)
        refused = dns.message.make_response(question)
        refused.set_rcode(dns.rcode.FORMERR)
        return refused

    monkeypatch.setattr(first, "answer", plain)
    assert answers(await seen()) == [Answer(Kind.MX, ("mx.old.example",), 3600)] * 2


async def test_what_was_asked_before_is_not_asked_when_it_is_no_longer_allowed(name_servers: NameServers) -> None:
    _, (first, second) = name_servers(mx("10 mx.old.example."), mx("10 mx.old.example."))
    await look("old.example", policy=AddressPolicy(), also=[("ns1.dns.example", "127.0.0.2"), ("ns2.dns.example", "127.0.0.3")])
    assert first.asked == second.asked == []
