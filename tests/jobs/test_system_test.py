"""The test button against real servers: what it finds is kept in words, and a certificate that is to be pinned is pinned."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing
from trasloco.secret import Secret
from trasloco.testing.cyrus import Cyrus
from trasloco.testing.dovecot import Dovecot


def _system(ring: KeyRing, secret: str = "", **fields: Any) -> Any:
    from trasloco.records.history import SCHEDULE
    from trasloco.records.models import DestinationSystem
    from trasloco.records.systems import save_system

    system = DestinationSystem(name="Ours", **fields)
    save_system(SCHEDULE, system, Secret(secret) if secret else None, ring)
    return system


def _dovecot(server: Dovecot, **more: Any) -> dict[str, Any]:
    assert server.master is not None
    return {"host": server.host, "port": server.tls_port, "trust": "pin", "user": server.master[0], **more}


def _test(system: Any, address: str, ring: KeyRing) -> Any:
    from trasloco.jobs.system_test import test_destination_system

    asyncio.run(test_destination_system(system.pk, address, ring))
    system.refresh_from_db()
    return system


def test_a_mailbox_is_opened_by_the_master_and_the_certificate_pinned(
    clean_database: Database, ring: KeyRing, dovecot_destination: Dovecot, user: str
) -> None:
    assert dovecot_destination.master is not None
    found = _test(_system(ring, dovecot_destination.master[1], **_dovecot(dovecot_destination)), user, ring)
    assert found.tested_well, found.tested_words
    assert found.tested_address == user
    assert found.tested_at is not None
    assert found.fingerprint == dovecot_destination.certificate.fingerprint


def test_a_wrong_password_is_said_in_the_servers_words(
    clean_database: Database, ring: KeyRing, dovecot_destination: Dovecot, user: str
) -> None:
    found = _test(_system(ring, "not the password", **_dovecot(dovecot_destination)), user, ring)
    assert found.tested_well is False
    assert "AUTHENTICATIONFAILED" in found.tested_words
    assert "not the password" not in found.tested_words
    assert found.fingerprint == "", "nothing is pinned by a test that fails"


def test_a_certificate_nobody_vouches_for_is_refused_where_it_is_to_be_checked(
    clean_database: Database, ring: KeyRing, dovecot_destination: Dovecot, user: str
) -> None:
    found = _test(_system(ring, "x", **_dovecot(dovecot_destination, trust="verify")), user, ring)
    assert found.tested_well is False
    assert "ertificate" in found.tested_words


def test_another_certificate_than_the_pinned_one_is_refused(
    clean_database: Database, ring: KeyRing, dovecot_destination: Dovecot, user: str
) -> None:
    assert dovecot_destination.master is not None
    system = _system(ring, dovecot_destination.master[1], **_dovecot(dovecot_destination))
    type(system).objects.filter(pk=system.pk).update(fingerprint="ab" * 32)
    found = _test(system, user, ring)
    assert found.tested_well is False
    assert found.fingerprint == "ab" * 32


def test_an_authorization_identity_opens_a_mailbox_of_cyrus(clean_database: Database, ring: KeyRing, cyrus: Cyrus, user: str) -> None:
    name, password = cyrus.master
    system = _system(ring, password, host=cyrus.host, port=cyrus.tls_port, trust="pin", form="authzid", user=name)
    found = _test(system, user, ring)
    assert found.tested_well, found.tested_words


def test_a_system_of_own_passwords_is_reached_with_its_certificate(
    clean_database: Database, ring: KeyRing, dovecot_destination: Dovecot
) -> None:
    found = _test(_system(ring, **_dovecot(dovecot_destination, form="password")), dovecot_destination.host, ring)
    assert found.tested_well, found.tested_words
    assert found.fingerprint == dovecot_destination.certificate.fingerprint


@pytest.mark.parametrize("form", ["master", "password"])
def test_where_nobody_listens_is_said(form: str, clean_database: Database, ring: KeyRing) -> None:
    from trasloco.testing.free_ports import free_ports

    found = _test(_system(ring, "x", host="127.0.0.1", port=free_ports(1)[0], form=form, user="m"), "a@example.net", ring)
    assert found.tested_well is False
    assert "127.0.0.1" in found.tested_words


def test_a_system_without_a_password_says_so(clean_database: Database, ring: KeyRing) -> None:
    found = _test(_system(ring, host="127.0.0.1", user="m"), "a@example.net", ring)
    assert found.tested_well is False
    assert "no password" in found.tested_words


def test_a_system_that_was_removed_meanwhile_is_no_mistake(clean_database: Database, ring: KeyRing) -> None:
    from trasloco.jobs.system_test import test_destination_system

    asyncio.run(test_destination_system(987654, "a@example.net", ring))
