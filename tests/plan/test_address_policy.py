from __future__ import annotations

import ipaddress

import pytest

from trasloco.plan.address_policy import OPERATORS_WORD, AddressPolicy, parse_ports, parse_ranges

PRIVATE = ["127.0.0.1", "10.0.0.1", "192.168.1.1", "fd00::1", "fe80::1%eth0", "::1", "100.64.0.1", "::ffff:127.0.0.1"]


def words(policy: AddressPolicy, *addresses: str) -> str:
    refusal = policy.refusal(addresses)
    return "" if refusal is None else refusal.words


def test_the_internet_is_allowed_and_nothing_else() -> None:
    assert not words(AddressPolicy(), "8.8.8.8", "2606:4700::1111")
    for address in PRIVATE:
        refusal = AddressPolicy().refusal([address])
        assert refusal is not None
        assert (refusal.code, refusal.address) == ("address-not-allowed", address)
        assert address in refusal.words
        assert f"--allow-addresses {address.partition('%')[0]}" in refusal.remedy


@pytest.mark.parametrize("address", PRIVATE)
def test_the_operator_may_allow_private_ones(address: str) -> None:
    assert not words(AddressPolicy(private=True), address)
    assert not words(OPERATORS_WORD, address)


def test_the_operator_may_allow_a_range_and_only_that() -> None:
    policy = AddressPolicy(ranges=parse_ranges("10.1.0.0/16;fd00:1::/32"))
    assert not words(policy, "10.1.255.1", "fd00:1::7")
    assert not words(policy, "::ffff:10.1.0.1")
    for address in ("10.2.0.1", "192.168.0.1", "fd00:2::1", "127.0.0.1", "::ffff:10.2.0.1"):
        assert words(policy, address)


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254", "168.63.129.16"])
def test_a_clouds_secrets_are_not_among_the_private_addresses(address: str) -> None:
    assert "metadata" in words(AddressPolicy(private=True), address)
    assert not words(AddressPolicy(ranges=(ipaddress.ip_network("169.254.169.254"), *parse_ranges("fd00:ec2::/64 168.63.129.16"))), address)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:0.0.0.0", "64:ff9b::224.0.0.1"])
def test_no_server_has_these(address: str) -> None:
    everything = parse_ranges("0.0.0.0/0 ::/0")
    for policy in (AddressPolicy(private=True), AddressPolicy(ranges=everything), OPERATORS_WORD):
        refusal = policy.refusal([address])
        assert refusal is not None
        assert not refusal.remedy


@pytest.mark.parametrize("text", ["", "mail.example.net", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "1.2.3.4:993"])
def test_only_literal_addresses_are_judged(text: str) -> None:
    assert "not an IP address" in words(OPERATORS_WORD, text)


def test_a_name_with_one_address_inside_is_not_trusted_with_the_other() -> None:
    for addresses in (("8.8.8.8", "10.0.0.1"), ("10.0.0.1", "8.8.8.8")):
        refusal = AddressPolicy().refusal(addresses)
        assert refusal is not None
        assert refusal.address == "10.0.0.1"
        assert "Write the IP address of the server that is meant" in refusal.remedy


@pytest.mark.parametrize("port", [143, 993, 110, 995])
def test_the_ports_of_mail_need_no_leave(port: int) -> None:
    assert AddressPolicy().port_refusal(port) is None
    assert AddressPolicy().web.port_refusal(port) is not None


@pytest.mark.parametrize("port", [22, 25, 80, 443, 5432, 8080, 1993])
def test_other_ports_need_leave(port: int) -> None:
    refusal = AddressPolicy(private=True).port_refusal(port)
    assert refusal is not None
    assert (refusal.code, refusal.address) == ("port-not-allowed", "")
    assert f"--allow-ports {port}" in refusal.remedy
    assert AddressPolicy(ports=parse_ports("20-90, 443;1993;5432 8080")).port_refusal(port) is None
    assert OPERATORS_WORD.port_refusal(port) is None


def test_the_web_has_its_own_port() -> None:
    assert AddressPolicy().web.port_refusal(443) is None
    refusal = AddressPolicy().web.port_refusal(80)
    assert refusal is not None
    assert "https (443)" in refusal.words


@pytest.mark.parametrize("text", ["10.1.0.1/16", "mail.example.net", "10.0.0.0/33", "10.0.0.0-10.0.0.9", "*"])
def test_what_is_no_range_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="^" + text.replace("*", r"\*") + "$"):
        parse_ranges(f"127.0.0.1;{text}")


@pytest.mark.parametrize("text", ["0", "65536", "20-10", "imap", "1-", "-1", "１４３"])
def test_what_is_no_port_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}$"):
        parse_ports(f"143;{text}")


def test_nothing_said_is_nothing_allowed() -> None:
    assert parse_ranges(" ; ") == parse_ports("") == ()
