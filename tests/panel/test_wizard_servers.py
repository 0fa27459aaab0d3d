"""Lines without a server, or with one that cannot be reached: what is found for them, and how it is taken."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fix_wizard import MAILBOXES, WizardCast
from trasloco.testing.free_ports import free_ports
from trasloco.testing.zone import Zone

SECRET = MAILBOXES["user1@old.example.org"]


@pytest.fixture
def names(wizard: WizardCast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    """The name server: old.example.org has an SRV record that leads to the old server, elsewhere.example has nothing."""
    records = {
        ("_imaps._tcp.old.example.org", "SRV"): [f"0 1 {wizard.source.tls_port} localhost."],
        ("localhost", "A"): ["127.0.0.1"],
    }
    with Zone(records) as zone:
        monkeypatch.setenv("TRASLOCO_DNS", zone.address)
        yield zone


def begin(wizard: WizardCast, tls: str = "pin", source_type: str = "standard") -> str:
    answer = wizard.client.post("/migrations/new/", {"source_type": source_type, "source_tls": tls})
    return str(answer.headers["Location"].split("/")[3])


def line(number: int, server: str = "", login: str = "") -> str:
    login = login or f"user{number}@old.example.org"
    return f'user{number}@example.net;{server};{login};"{MAILBOXES[f"user{number}@old.example.org"]}"\n'


def page_of(wizard: WizardCast, code: str) -> str:
    return " ".join(html.unescape(wizard.client.get(f"/migrations/new/{code}/check/").content.decode()).split())


def find(wizard: WizardCast, code: str) -> None:
    """The button, and the worker's part of it."""
    from trasloco.jobs.server_searches import search_servers

    assert wizard.client.post(f"/migrations/new/{code}/check/find-servers/").headers["Location"] == f"/migrations/new/{code}/check/"
    asyncio.run(search_servers(wizard.migration(code).pk))


def take(wizard: WizardCast, code: str, **data: str) -> Any:
    return wizard.client.post(f"/migrations/new/{code}/check/take-servers/", data, follow=True)


def servers(wizard: WizardCast, code: str) -> list[tuple[str, int]]:
    return [(account.source_host, account.source_port) for account in wizard.migration(code).accounts.order_by("line")]


def test_an_empty_server_is_found_taken_and_checked(wizard: WizardCast, names: Zone) -> None:
    code = begin(wizard)
    assert wizard.give(code, line(1) + line(2)).status_code == 302
    page = page_of(wizard, code)
    assert "2 accounts have no server yet." in page
    assert "? server to be found" in page
    assert "line 1: user1@old.example.org </span>" in page
    assert "Nothing is planned while an account has no server" in page
    assert wizard.migrate(code).headers["Location"] == f"/migrations/new/{code}/check/"
    find(wizard, code)
    page = page_of(wizard, code)
    assert f"localhost:{wizard.source.tls_port}" in page
    assert "from the domain's SRV record" in page
    assert "Its certificate is not trusted" not in page  # this type takes any certificate
    wizard.client.post(f"/migrations/new/{code}/type/", {"source_type": "standard", "source_tls": "verify"})
    assert "Its certificate is not trusted" in page_of(wizard, code)
    wizard.client.post(f"/migrations/new/{code}/type/", {"source_type": "standard", "source_tls": "pin"})
    assert "for 2 accounts: user1@example.net, user2@example.net" in page
    assert servers(wizard, code) == [("", 993), ("", 993)]  # a proposal changes nothing
    take(wizard, code)
    assert servers(wizard, code) == [("localhost", wizard.source.tls_port)] * 2
    wizard.check(code)
    page = page_of(wizard, code)
    assert "All 2 accounts work on both sides." in page
    assert "Old servers" not in page
    wizard.later(code)
    assert wizard.migrate(code).headers["Location"] == f"/migrations/{code}/"
    assert not wizard.migration(code).server_searches.exists()


def test_a_server_that_cannot_be_reached_is_corrected_and_the_others_are_left_alone(wizard: WizardCast, names: Zone) -> None:
    code = begin(wizard)
    wizard.give(code, line(1, f"127.0.0.1:{free_ports(1)[0]}") + line(2, f"127.0.0.1:{wizard.source.tls_port}"))
    wizard.check(code)
    assert "The server of 1 account cannot be reached." in page_of(wizard, code)
    find(wizard, code)
    assert "for 1 account: user1@example.net" in page_of(wizard, code)
    take(wizard, code, domain="old.example.org")
    assert servers(wizard, code) == [("localhost", wizard.source.tls_port), ("127.0.0.1", wizard.source.tls_port)]
    wizard.check(code)
    assert "All 2 accounts work on both sides." in page_of(wizard, code)


def test_a_domain_where_nothing_is_found_says_what_was_asked(wizard: WizardCast, names: Zone) -> None:
    code = begin(wizard)
    wizard.give(code, line(1, login="user1@elsewhere.example"))
    find(wizard, code)
    page = page_of(wizard, code)
    assert "No IMAP server was found." in page
    assert "Thunderbird's database" in page
    assert "the name imap.elsewhere.example is not known" in page
    assert "Use what was found" not in page
    assert "Look again" in page
    take(wizard, code)
    assert servers(wizard, code) == [("", 993)]
    find(wizard, code)  # looking again replaces what was found before
    assert wizard.migration(code).server_searches.count() == 1


def test_while_it_is_looked_for_the_page_asks_again_and_the_search_is_one(wizard: WizardCast, names: Zone) -> None:
    from trasloco.jobs.server_searches import search_servers
    from trasloco.records.models import CheckState

    code = begin(wizard)
    wizard.give(code, line(1) + line(2, login="user2@elsewhere.example"))
    for _ in range(2):
        wizard.client.post(f"/migrations/new/{code}/check/find-servers/")
    page = page_of(wizard, code)
    assert "Looking for the servers: 0 of 2 domains" in page
    assert f'hx-get="/migrations/new/{code}/check/table/?page=1"' in page
    assert "Find the servers" not in page
    wizard.migration(code).server_searches.update(state=CheckState.RUNNING)  # a worker began it and died
    asyncio.run(search_servers(wizard.migration(code).pk))
    assert set(wizard.migration(code).server_searches.values_list("domain", "state")) == {
        ("old.example.org", "ok"),
        ("elsewhere.example", "failed"),
    }
    asyncio.run(search_servers(wizard.migration(code).pk))  # begun once more: nothing is left to do


@pytest.mark.parametrize(("source_type", "host"), [("gmail", "imap.gmail.com"), ("office365", "outlook.office365.com")])
def test_an_empty_server_of_a_large_provider_is_its_own(wizard: WizardCast, source_type: str, host: str) -> None:
    from tests.panel.test_oauth_credentials import APP

    code = begin(wizard, "verify", source_type)
    oauth = APP if source_type == "office365" else ""
    text = "user1@example.net;;user1@old.example.org;\n" if oauth else line(1)
    assert wizard.give(code, text, oauth=oauth).status_code == 302
    assert servers(wizard, code) == [(host, 993)]
    account = wizard.migration(code).accounts.get()
    data = {"server": "", "login": "user1@old.example.org", "password": ""}
    assert wizard.client.post(f"/migrations/new/{code}/check/{account.pk}/", data).status_code == 302
    assert servers(wizard, code) == [(host, 993)]


def test_a_line_without_a_server_gets_the_providers_when_the_type_is_changed(wizard: WizardCast) -> None:
    code = begin(wizard, "verify")
    wizard.give(code, line(1))
    wizard.client.post(f"/migrations/new/{code}/type/", {"source_type": "gmail"})
    assert servers(wizard, code) == [("imap.gmail.com", 993)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"server": "192.0.2.1", "login": "user1@old.example.org"}, "The server is another one now"),
        ({"server": "", "login": "user1@elsewhere.example"}, "The login is in another domain now"),
    ],
)
def test_a_password_of_a_line_without_a_server_goes_only_to_what_its_own_domain_leads_to(
    wizard: WizardCast, data: dict[str, str], words: str
) -> None:
    code = begin(wizard)
    wizard.give(code, line(1))
    path = f"/migrations/new/{code}/check/{wizard.migration(code).accounts.get().pk}/"
    assert words in html.unescape(wizard.client.post(path, {**data, "password": ""}).content.decode())
    assert wizard.client.post(path, {**data, "password": "given again"}).status_code == 302
    assert wizard.client.post(path, {"server": data["server"], "login": data["login"], "password": ""}).status_code == 302


def test_without_tls_nothing_that_speaks_tls_is_taken(wizard: WizardCast, names: Zone) -> None:
    code = begin(wizard, "off")
    wizard.give(code, line(1))
    find(wizard, code)
    assert "This migration is set to “without TLS”" in page_of(wizard, code)
    take(wizard, code)
    assert servers(wizard, code) == [("", 143)]


def test_two_lines_never_come_to_mean_one_mailbox(wizard: WizardCast, names: Zone) -> None:
    code = begin(wizard)
    second = line(2).replace("user2@old.example.org", "user1@old.example.org")
    wizard.give(code, line(1) + second.replace(";;", f";localhost:{wizard.source.tls_port};"))
    find(wizard, code)
    page = html.unescape(take(wizard, code).content.decode())
    assert "1 account kept its line as it is" in page
    assert servers(wizard, code)[0] == ("", 993)


def test_a_mistake_of_ours_ends_one_search_only_and_says_so(wizard: WizardCast, names: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.jobs import server_searches
    from trasloco.sources.discovery import Discovery, discover

    async def broken(address: str, *, allow_private: bool) -> Discovery:
        if address.endswith("@elsewhere.example"):
            raise ZeroDivisionError
        return await discover(address, allow_private=allow_private)

    monkeypatch.setattr(server_searches, "discover", broken)
    code = begin(wizard)
    wizard.give(code, line(1) + line(2, login="user2@elsewhere.example"))
    find(wizard, code)
    page = page_of(wizard, code)
    assert "by a mistake of ours" in page
    assert f"localhost:{wizard.source.tls_port}" in page


def test_no_password_is_known_to_the_search(wizard: WizardCast, names: Zone) -> None:
    code = begin(wizard)
    wizard.give(code, line(1))
    before = len(wizard.source.log())
    find(wizard, code)
    assert SECRET not in str(vars(wizard.migration(code).server_searches.get()))
    assert "user=<user" not in wizard.source.log()[before:]


def test_another_run_of_a_planned_migration_wants_its_servers_named(wizard: WizardCast) -> None:
    from django.utils import timezone

    from trasloco.records.actions import wipe_secrets
    from trasloco.records.models import Run

    code = wizard.planned(wizard.line(1))
    Run.objects.update(status="completed", ended_at=timezone.now(), told_at=timezone.now())
    wipe_secrets(wizard.migration(code))
    page = html.unescape(wizard.client.post(f"/migrations/{code}/again/", {"text": line(1)}).content.decode())
    assert "The server is missing." in page


def test_gmail_that_was_found_for_a_standard_migration_says_which_type_to_choose(wizard: WizardCast) -> None:
    from trasloco.records.models import ServerSearch

    code = begin(wizard, "verify")
    wizard.give(code, line(1))
    values = {"state": "ok", "host": "imap.gmail.com", "port": 993, "found_by": "mx", "mx": "aspmx.l.google.com", "provider": "gmail"}
    ServerSearch.objects.create(migration=wizard.migration(code), domain="old.example.org", address="user1@old.example.org", **values)
    page = page_of(wizard, code)
    assert "known by the domain's mail server, aspmx.l.google.com" in page
    assert "This is Gmail: choose that type in the first step" in page


def test_many_domains_are_shown_a_page_full_and_taken_all_at_once(wizard: WizardCast) -> None:
    from trasloco.records.models import ServerSearch

    code = begin(wizard, "verify")
    domains = [f"old{number}.example" for number in range(1, 56)]
    wizard.give(code, "".join(f"a{number}@example.net;;a@{domain};secret\n" for number, domain in enumerate(domains, 1)))
    found = {"state": "ok", "port": 993, "found_by": "srv", "provider": "dovecot"}
    migration = wizard.migration(code)
    ServerSearch.objects.bulk_create(
        ServerSearch(migration=migration, domain=domain, address=f"a@{domain}", host=f"imap.{domain}", **found) for domain in domains
    )
    page = page_of(wizard, code)
    assert "and 5 more domains; they are shown when these are used." in page
    assert "Use all that was found, for 55 accounts" in page
    take(wizard, code)
    assert {host for host, _port in servers(wizard, code)} == {f"imap.{domain}" for domain in domains}
