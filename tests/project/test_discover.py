"""``trasloco discover`` as people and programs see it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from trasloco.project.commands.discover import discover
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.zone import Zone


@pytest.fixture
def zone(dovecot_source: Dovecot, monkeypatch: pytest.MonkeyPatch) -> Zone:
    records = {
        ("_imaps._tcp.old.example", "SRV"): [f"0 1 {dovecot_source.tls_port} imap.old.example."],
        ("imap.old.example", "A"): ["127.0.0.1"],
    }
    found = Zone(records)
    monkeypatch.setenv("TRASLOCO_DNS", found.address)
    return found


def test_the_line_of_the_csv_is_written(zone: Zone, dovecot_source: Dovecot) -> None:
    with zone:
        done = CliRunner().invoke(discover, ["anna@old.example", "--allow-private-addresses"], standalone_mode=False)
    assert done.return_value == 0, done.output
    assert f"Server: imap.old.example:{dovecot_source.tls_port}, TLS (its SRV record)\n" in done.output
    assert "--type dovecot" in done.output
    assert f"In the CSV: NEW-ADDRESS;imap.old.example:{dovecot_source.tls_port};anna@old.example;PASSWORD" in done.output


def test_programs_get_json(zone: Zone, dovecot_source: Dovecot) -> None:
    with zone:
        done = CliRunner().invoke(discover, ["anna@old.example", "--json", "--allow-private-addresses"], standalone_mode=False)
    document = json.loads(done.output)
    assert (document["type"], document["server"]["port"], document["server"]["tls"]) == ("dovecot", dovecot_source.tls_port, "implicit")
    assert "Dovecot" in document["server"]["greeting"]
    assert document["asked"]["MX"] == "there is none"


def test_nothing_found_is_status_1_and_says_what_was_asked(zone: Zone) -> None:
    with zone:
        done = CliRunner().invoke(discover, ["anna@nowhere.example"], standalone_mode=False)
    assert done.return_value == 1
    assert "No IMAP server answers for anna@nowhere.example" in done.output
    assert "the name imap.nowhere.example is not known" in done.output


def test_a_known_server_that_does_not_answer_is_named_all_the_same(zone: Zone) -> None:
    with zone:
        done = CliRunner().invoke(discover, ["anna@gmail.com", "--json"], standalone_mode=False)
        told = CliRunner().invoke(discover, ["anna@gmail.com"], standalone_mode=False).output
    assert json.loads(done.output)["type"] == "gmail"
    assert "imap.gmail.com:993 (its domain is known) should be it, but the name imap.gmail.com is not known" in told


@pytest.mark.parametrize("address", ["anna", "@old.example", "anna@", "an na@old.example"])
def test_what_is_no_address_is_a_usage_error(address: str) -> None:
    done = CliRunner().invoke(discover, [address])
    assert done.exit_code == 2
    assert "is no mail address" in done.output
