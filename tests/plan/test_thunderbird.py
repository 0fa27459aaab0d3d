"""The servers that Thunderbird's database names, as shipped."""

from __future__ import annotations

from importlib import resources

import pytest

from trasloco.plan import thunderbird
from trasloco.plan.autoconfig import NamedServer
from trasloco.plan.providers import of_domain, of_host, of_mx
from trasloco.plan.thunderbird import server_of_domain, server_of_mx


def test_a_domain_leads_to_its_server() -> None:
    assert server_of_domain("Fastwebnet.IT.") == NamedServer("imap.fastwebnet.it", 993, login="address")
    assert server_of_domain("ptd.net") == NamedServer("promail.ptd.net", 993, login="local part")
    assert server_of_domain("tugraz.at") == NamedServer("sbox.tugraz.at", 993, login="any")
    assert server_of_domain("wol.dk") == NamedServer("mail.telenor.dk", 143, starttls=True)
    assert server_of_domain("inbox.lt") == NamedServer("mail.inbox.lt", 993)
    assert server_of_domain("mail.ee") == NamedServer("mail.ee", 993)
    assert server_of_domain("old.example") is None


def test_the_mail_servers_of_a_domain_lead_to_its_server() -> None:
    assert server_of_mx("www123.your-server.de.", "old.example") == NamedServer("mail.your-server.de", 993)
    assert server_of_mx("your-server.de", "old.example") == NamedServer("mail.your-server.de", 993)
    assert server_of_mx("notyour-server.de", "old.example") is None


def test_what_a_preset_of_ours_knows_does_not_stand_there_too() -> None:
    for name, facts in thunderbird._paragraphs().items():
        for domain in facts["domains"]:
            assert of_domain(domain) is None, (name, domain)
        for end in facts.get("mx", ()):
            assert of_mx(f"mx.{end}") is None, (name, end)


def test_rare_domains_of_a_preset_of_ours_lead_to_its_kind() -> None:
    expected = {
        "cheerful.com": "mail-com",
        "gmx.us": "gmx",
        "mit.edu": "office365",
        "online.de": "ionos",
        "posteo.at": "posteo",
        "zoho.in": "zoho",
    }
    for domain, kind in expected.items():
        server = server_of_domain(domain)
        provider = of_host(server.host) if server else None
        assert provider is not None and provider.name == kind, domain


def test_paragraphs_stand_in_the_order_of_their_names() -> None:
    assert list(thunderbird._paragraphs()) == sorted(thunderbird._paragraphs())


@pytest.mark.parametrize(
    "text",
    [
        '[a]\nhost = "imap.a.example"\n',
        '[a]\nhost = "a b"\ndomains = ["a.example"]\n',
        '[a]\nhosts = "a"\ndomains = ["a.example"]\n',
        '[a]\nhost = "imap.a.example"\ndomains = ["a.example"]\n[b]\nhost = "imap.a.example"\ndomains = ["a.example"]\n',
    ],
)
def test_a_wrong_file_names_the_paragraph(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class File:
        def joinpath(self, _name: str) -> File:
            return self

        def read_text(self, _encoding: str) -> str:
            return text

    monkeypatch.setattr(resources, "files", lambda _package: File())
    with pytest.raises(ValueError, match=r"thunderbird\.toml"):
        thunderbird._paragraphs.__wrapped__()
