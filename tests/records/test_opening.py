from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from trasloco.engine.account import Settings
from trasloco.imap.endpoint import Endpoint, Security, Trust
from trasloco.project.database import Database
from trasloco.records.key_ring import KeyRing
from trasloco.secret import Secret

pytestmark = pytest.mark.usefixtures("clean_database")


def test_the_same_csv_finds_its_migration_again(ring: KeyRing) -> None:
    from trasloco.records.opening import open_migration
    from trasloco.testing.migration_rows import account_rows, destination

    first = open_migration(account_rows(), destination(), Settings(), ring)
    shuffled = [replace(row, line=10 - row.line) for row in reversed(account_rows())]
    again = open_migration(shuffled, destination(), Settings(max_size=7), ring, source_type="gmail")
    assert again.pk == first.pk
    assert again.code == first.code
    assert again.settings["max_size"] == 7
    assert again.source_type == "gmail"
    assert list(again.accounts.order_by("pk").values_list("line", flat=True)) == [9, 8, 7]
    other = open_migration(account_rows(2), destination(), Settings(), ring)
    assert other.pk != first.pk


def test_a_corrected_password_is_the_one_that_is_used(ring: KeyRing) -> None:
    from trasloco.records.opening import open_migration
    from trasloco.records.sides import sides
    from trasloco.testing.migration_rows import account_rows, destination

    open_migration(account_rows(), destination(), Settings(), ring)
    corrected = [replace(row, secret=Secret("corrected")) for row in account_rows()]
    found = open_migration(corrected, replace(destination(), secret=Secret("new master")), Settings(), ring)
    source, target = sides(found.accounts.select_related("migration").get(line=2), ring)
    assert source.credentials.secret == Secret("corrected")
    assert target.credentials.secret == Secret("new master")


def test_what_was_pinned_stays_pinned_for_both_runs(ring: KeyRing) -> None:
    from trasloco.records.actions import pin_destination, pin_source
    from trasloco.records.opening import open_migration
    from trasloco.records.sides import sides
    from trasloco.testing.migration_rows import account_rows, destination

    rows = [replace(row, source=Endpoint("imap.example.org", 993, Security.IMPLICIT, Trust.PIN)) for row in account_rows()]
    target = replace(destination(), endpoint=replace(destination().endpoint, trust=Trust.PIN))
    migration = open_migration(rows, target, Settings(), ring)
    account = migration.accounts.get(line=1)
    pin_source(account.pk, "192.0.2.7", "ab" * 32)
    pin_source(account.pk, "192.0.2.8", "cd" * 32)
    pin_destination(migration.pk, "ef" * 32)
    pin_destination(migration.pk, "00" * 32)
    again = open_migration(rows, target, Settings(), ring)
    source, target_side = sides(again.accounts.select_related("migration").get(line=1), ring)
    assert source.endpoint.address == "192.0.2.7"
    assert source.endpoint.fingerprint == "ab" * 32
    assert target_side.endpoint.fingerprint == "ef" * 32
    trusting = [replace(row, source=replace(row.source, trust=Trust.VERIFY)) for row in rows]
    changed = open_migration(trusting, target, Settings(), ring).accounts.get(line=1)
    assert changed.source_fingerprint is None
    assert changed.source_address == "192.0.2.7"


def test_a_certificate_is_that_of_the_server_and_of_all_accounts_there(ring: KeyRing) -> None:
    from trasloco.records.actions import pin_source
    from trasloco.records.opening import open_migration
    from trasloco.testing.migration_rows import account_rows, destination

    hosts = [("imap.example.org", 993), ("IMAP.example.org", 993), ("imap.example.org", 1993), ("other.example.org", 993)]
    rows = [
        replace(row, source=Endpoint(host, port, Security.IMPLICIT, Trust.PIN))
        for row, (host, port) in zip(account_rows(len(hosts)), hosts, strict=True)
    ]
    accounts = list(open_migration(rows, destination(), Settings(), ring).accounts.order_by("line"))
    assert pin_source(accounts[0].pk, None, "ab" * 32) == "ab" * 32
    assert pin_source(accounts[1].pk, None, "cd" * 32) == "ab" * 32
    assert pin_source(accounts[2].pk, "192.0.2.7", None) is None
    assert pin_source(accounts[3].pk, None, "ef" * 32) == "ef" * 32
    pinned = [account.source_fingerprint for account in accounts[0].migration.accounts.order_by("line")]
    assert pinned == ["ab" * 32, "ab" * 32, None, "ef" * 32]
    trusted = open_migration(account_rows(1), destination(), Settings(), ring).accounts.get()
    assert pin_source(trusted.pk, None, "ab" * 32) is None


def test_no_password_is_readable_in_the_database(ring: KeyRing, clean_database: Database) -> None:
    from trasloco.testing.migration_rows import small_migration

    small_migration(ring)
    with psycopg.connect(clean_database.conninfo) as connection:
        rows = connection.execute("SELECT to_jsonb(m)::text || to_jsonb(a)::text FROM trasloco_migration m, trasloco_account a").fetchall()
    assert len(rows) == 3
    for (text,) in rows:
        assert "password" not in text
        assert b"password".hex() not in text


def test_a_lost_master_key_is_no_obstacle_when_the_csv_is_given_again(ring: KeyRing) -> None:
    from trasloco.records.key_ring import KeyProblem
    from trasloco.records.opening import open_migration
    from trasloco.records.sides import sides
    from trasloco.testing.migration_rows import account_rows, destination

    first = open_migration(account_rows(), destination(), Settings(), KeyRing(ring._path, {"lost": b"x" * 32}))
    with pytest.raises(KeyProblem, match="master key lost"):
        sides(first.accounts.select_related("migration").get(line=1), ring)
    again = open_migration(account_rows(), destination(), Settings(), ring)
    source, _ = sides(again.accounts.select_related("migration").get(line=1), ring)
    assert source.credentials.secret == Secret("password of 1")


def test_codes_can_be_read_out() -> None:
    from trasloco.records.opening import CODE_ALPHABET, new_code

    assert not set("01iloO") & set(CODE_ALPHABET)
    assert len({new_code() for _ in range(100)}) == 100
