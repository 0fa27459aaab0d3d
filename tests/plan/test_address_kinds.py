from __future__ import annotations

import ipaddress

import pytest

from trasloco.plan.address_kinds import kind_of

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "185.12.64.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.32.0.1",
    "2606:4700::1111",
    "2a01:4f8::1",
    "::ffff:8.8.8.8",
]


@pytest.mark.parametrize("address", [*PUBLIC, "64:ff9b::8.8.8.8", "2002:808:808::1"])
def test_public_addresses_are_of_no_kind(address: str) -> None:
    assert kind_of(ipaddress.ip_address(address)) is None


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("::1", "loopback"),
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("::", "unspecified"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("fd00::1", "private"),
        ("100.64.0.1", "CGNAT"),
        ("169.254.1.1", "link-local"),
        ("fe80::1", "link-local"),
        ("fec0::1", "site-local"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("192.0.0.8", "protocols"),
        ("192.0.2.1", "documentation"),
        ("198.18.0.1", "benchmarks"),
        ("2001:db8::1", "documentation"),
        ("2001::1", "reserved"),
        ("2001:2::1", "protocols"),
        ("4000::1", "reserved"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:10.0.0.1", "private"),
        ("::ffff:0:10.0.0.1", "private"),
        ("::127.0.0.1", "loopback"),
        ("64:ff9b::10.0.0.1", "private"),
        ("64:ff9b:1::8.8.8.8", "NAT64"),
        ("2002:7f00:1::", "loopback"),
        ("2002:a00:1::1", "private"),
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", "private"),
        ("2a01::5efe:192.168.0.1", "private"),
        ("fe80::5efe:8.8.8.8", "link-local"),
        ("169.254.169.254", "metadata"),
        ("::ffff:169.254.169.254", "metadata"),
        ("64:ff9b::169.254.169.254", "metadata"),
        ("2002:a9fe:a9fe::1", "metadata"),
        ("169.254.170.2", "metadata"),
        ("168.63.129.16", "metadata"),
        ("100.100.100.200", "metadata"),
        ("192.0.0.192", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("fd20:ce::254", "metadata"),
    ],
)
def test_everything_else_is_named(address: str, kind: str) -> None:
    assert kind in (kind_of(ipaddress.ip_address(address)) or "public")


def test_no_address_the_library_calls_private_slips_through() -> None:
    for number in range(0, 2**32, 2**32 // 5003):
        address = ipaddress.IPv4Address(number)
        if not address.is_global or address.is_multicast:
            assert kind_of(address), address
    for number in range(0, 2**128, 2**128 // 5003):
        address6 = ipaddress.IPv6Address(number)
        if not address6.is_global or address6.is_multicast:
            assert kind_of(address6), address6
