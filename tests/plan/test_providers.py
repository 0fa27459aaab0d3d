from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from trasloco.plan.endpoints import parse_server
from trasloco.plan.providers import Provider, of_domain, of_greeting, of_host, of_mx, provider, providers

PAGE = Path(__file__).parents[2] / "docs" / "providers.md"

FACTS = {"title": "A", "connections_per_mailbox": 1, "connections_per_host": 2}


def test_every_provider_of_the_list_is_there_the_panel_s_first() -> None:
    names = list(providers())
    assert names[:4] == ["standard", "gmail", "office365", "exchange"]
    servers = {"dovecot", "cyrus", "courier", "zimbra", "kerio", "hmailserver", "mdaemon", "domino"}
    hosts = {"outlook", "yahoo", "icloud", "gmx", "web-de", "zoho", "yandex", "ovh", "ionos", "aruba", "aruba-pec", "fastmail"}
    assert not (servers | hosts | {"libero", "virgilio", "tim", "tiscali"}) - set(names)
    assert all(item.name == name for name, item in providers().items())


def test_no_domain_and_no_host_belongs_to_two() -> None:
    for key in ("domains", "mx", "greeting"):
        values = [value for item in providers().values() for value in getattr(item, key)]
        assert len(values) == len(set(values)), key
        assert all(value == value.casefold() for value in values) or key == "greeting"


def test_hosts_are_names_that_a_csv_could_hold() -> None:
    for item in providers().values():
        for host in filter(None, (item.host, *item.other_hosts)):
            assert parse_server(host) == (host, None)


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (of_domain("GMail.com"), "gmail"),
        (of_domain("hotmail.it."), "outlook"),
        (of_domain("hotmail.co.jp"), "outlook"),
        (of_domain("cox.net"), "yahoo"),
        (of_domain("verizon.net"), "aol"),
        (of_mx("aspmx.l.google.com."), "gmail"),
        (of_mx("eur.olc.protection.outlook.com"), "outlook"),
        (of_mx("old-example.mail.protection.outlook.com"), "office365"),
        (of_mx("mx.pec.aruba.it"), "aruba-pec"),
        (of_mx("mx.aruba.it"), "aruba"),
        (of_host("IMAP.1und1.de"), "ionos"),
        (of_greeting("Gimap ready for requests from 192.0.2.1"), "gmail"),
        (of_greeting("The Microsoft Exchange IMAP4 service is ready. [QQBNADQA]"), "office365"),
        (of_greeting("The Microsoft Exchange IMAP4 service is ready."), "exchange"),
        (of_greeting("[CAPABILITY IMAP4rev1] Dovecot (Debian) ready."), "dovecot"),
    ],
)
def test_a_provider_is_known_by_what_it_says(found: Provider | None, name: str) -> None:
    assert found is not None
    assert found.name == name


def test_what_nobody_knows_is_nobody_s() -> None:
    assert (of_domain("old.example"), of_mx("mx.old.example"), of_host(""), of_greeting("ready")) == (None,) * 4


def test_exchange_hides_folders_without_mail() -> None:
    assert [name for name, item in providers().items() if item.skip_non_mail] == ["office365", "exchange", "outlook"]


def page() -> str:
    """docs/providers.md."""
    parts = [INTRODUCTION]
    parts += [_paragraph(item) for item in providers().values()]
    return "\n".join(parts)


INTRODUCTION = """# Kinds of sources

What `--type NAME` knows of servers and providers: how many connections they get, which folders hold no mail, what has to be
switched on first. `trasloco discover ADDRESS` says which of them an address belongs to. The facts stand in
`src/trasloco/plan/providers.toml`; this page is written by `python -m tests.plan.test_providers`, and a test holds it against them.

What is marked "not looked up" is a figure to begin with: no public page of the provider names it. `--connections-per-host` replaces
the one of connections. The server column of the CSV may be empty where a server with TLS at port 993 stands below.
"""


def _paragraph(item: Provider) -> str:
    lines = [f"## {item.title}", "", f"`--type {item.name}`", ""]
    if item.host:
        way = "STARTTLS" if item.starttls else "TLS"
        lines.append(f"- Server: `{item.host}:{item.port}`, {way}{_list('; also', item.other_hosts)}")
    lines.append(f"- Login: {item.login if item.login != 'any' else 'as the server has it'}; password: {PASSWORD_WORDS[item.password]}")
    if item.oauth:
        lines.append(f"- OAuth: {', '.join(f'`{kind}`' for kind in item.oauth)} ([oauth.md](oauth.md))")
    if item.master:
        lines.append(f"- Master user: {'; '.join(item.master)}")
    lines.append(f"- Connections: {item.connections_per_mailbox} of one mailbox, {item.connections_per_host} of the server")
    if item.messages_per_second:
        lines.append(f"- At most {item.messages_per_second:,} messages in a second, of all mailboxes together")
    if item.bytes_per_second:
        lines.append(f"- At most {item.bytes_per_second:,} bytes in a second, of all mailboxes together")
    if item.bytes_per_day:
        lines.append(f"- At most {item.bytes_per_day:,} bytes of one mailbox in 24 hours")
    if item.message_limit:
        lines.append(f"- Largest message: {item.message_limit:,} bytes")
    if item.skip_non_mail:
        lines.append("- Left out: calendars, contacts, tasks and their like, in every language")
    if item.no_mail:
        lines.append(f"- Left out: {', '.join(f'`{name}`' for name in item.no_mail)}")
    if item.domains:
        lines.append(f"- Addresses: {', '.join(item.domains)}")
    if item.mx:
        lines.append(f"- Mail servers (MX): {', '.join(f'`{pattern}`' for pattern in item.mx)}")
    if item.greeting:
        lines.append(f"- Greets with: {', '.join(item.greeting)}")
    if item.quirks:
        lines.append(f"- Deviations seen: {', '.join(f'`{name}`' for name in item.quirks)} ([quirks.md](quirks.md))")
    lines += [f"- First: {sentence}" for sentence in item.first]
    if item.unsure:
        lines.append(f"- Not looked up: {', '.join(item.unsure)}")
    return "\n".join([*lines, ""])


def _list(words: str, names: tuple[str, ...]) -> str:
    return f"{words} {', '.join(f'`{name}`' for name in names)}" if names else ""


PASSWORD_WORDS = {
    "account": "the account's own",
    "account or app": "the account's own, or an app password where the account is better protected",
    "app": "an app password only",
    "never": "none is taken, only OAuth tokens",
}


def test_the_page_says_what_the_data_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "write it anew: python -m tests.plan.test_providers"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"colour": 1}, "the key colour is not known"),
        ({"connections_per_host": "2"}, "connections_per_host must be of type int"),
        ({"connections_per_host": True}, "connections_per_host must be of type int"),
        ({"connections_per_mailbox": 0}, "at least 1"),
        ({"host": "x", "port": 0}, "does not exist"),
        ({"host": "x"}, "come together"),
        ({"title": None}, "title must be"),
        ({"domains": "x"}, "domains must be"),
        ({"domains": [1]}, "domains must be"),
        ({"login": "name"}, "login must be one of"),
        ({"quirks": ["unheard-of"]}, "quirks names unheard-of"),
        ({"unsure": ["colour"]}, "unsure names colour"),
        ({"starttls": True}, "starttls is of a host"),
        ({"password": "never"}, "no way in"),
        ({"bytes_per_day": 0}, "at least 1"),
        ({"messages_per_second": 0}, "at least 1"),
        ({"bytes_per_second": "fast"}, "bytes_per_second must be of type int"),
    ],
)
def test_a_wrong_file_names_the_provider_and_the_key(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=f"provider mine: .*{words}"):
        provider("mine", FACTS | change)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ValueError, match=r"provider mine: .*title"):
        provider("mine", {key: value for key, value in FACTS.items() if key != "title"})


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
