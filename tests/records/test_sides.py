from __future__ import annotations

from dataclasses import replace

import pytest

from trasloco.engine.account import Settings, Side
from trasloco.engine.failure import SideName
from trasloco.imap.endpoint import Endpoint, Security, Trust
from trasloco.records.key_ring import KeyRing
from trasloco.secret import Secret

pytestmark = pytest.mark.usefixtures("clean_database")


def opened(ring: KeyRing, *, form: str = "master", master: str = "", separator: str = "*") -> tuple[Side, Side]:
    from trasloco.records.models import DestinationLogin
    from trasloco.records.opening import open_migration
    from trasloco.records.sides import sides
    from trasloco.testing.migration_rows import account_rows, destination

    (row,) = account_rows(1)
    row = replace(row, master=master, destination_secret=Secret("own") if form == "password" else None)
    where = replace(destination(), form=DestinationLogin(form), separator=separator)
    migration = open_migration([row], where, Settings(), ring)
    return sides(migration.accounts.select_related("migration").get(), ring)


def test_a_source_opens_with_its_own_password(ring: KeyRing) -> None:
    source, _ = opened(ring)
    assert source.name is SideName.SOURCE
    assert (source.credentials.login, source.credentials.authorization) == ("a1@example.org", "")
    assert source.credentials.secret == Secret("password of 1")
    assert source.endpoint == Endpoint("imap.example.org", 993, Security.IMPLICIT, Trust.VERIFY, address="127.0.0.1")


def test_a_sources_master_asks_for_the_mailbox(ring: KeyRing) -> None:
    source, _ = opened(ring, master="admin")
    assert (source.credentials.login, source.credentials.authorization) == ("admin", "a1@example.org")


def test_the_destinations_master_follows_the_separator(ring: KeyRing) -> None:
    _, target = opened(ring, separator="%")
    assert target.name is SideName.DESTINATION
    assert (target.credentials.login, target.credentials.authorization) == ("a1@example.net%master", "")
    assert target.credentials.secret == Secret("master's password")


def test_the_destination_by_authorization_identity(ring: KeyRing) -> None:
    _, target = opened(ring, form="authzid")
    assert (target.credentials.login, target.credentials.authorization) == ("master", "a1@example.net")


def test_the_destination_by_a_password_per_account(ring: KeyRing) -> None:
    _, target = opened(ring, form="password")
    assert (target.credentials.login, target.credentials.authorization) == ("a1@example.net", "")
    assert target.credentials.secret == Secret("own")


def test_settings_survive_and_grow(ring: KeyRing) -> None:
    from trasloco.records.opening import open_migration
    from trasloco.records.sides import engine_settings
    from trasloco.testing.migration_rows import account_rows, destination

    given = Settings(max_size=5, skip_roles=(), skip_folders=("A", "B*"))
    migration = open_migration(account_rows(1), destination(), given, ring)
    migration.refresh_from_db()
    assert engine_settings(migration) == given
    migration.settings = {"max_size": 9, "of_a_later_version": True}
    assert engine_settings(migration) == Settings(max_size=9)


def test_an_account_without_password_is_opened_by_the_migration_s_tokens(ring: KeyRing) -> None:
    from trasloco.records.actions import wipe_secrets
    from trasloco.records.models import MailMigration
    from trasloco.records.opening import open_migration
    from trasloco.records.sides import sides
    from trasloco.sources.oauth_settings import OauthSettings
    from trasloco.sources.tokens import TokenSources
    from trasloco.testing.migration_rows import account_rows, destination

    by_token, by_password = account_rows(2)
    oauth = OauthSettings("google-consent", {"client_id": Secret("c"), "client_secret": Secret("plum-visible-7")}).as_secret()
    migration = open_migration([replace(by_token, secret=Secret("")), by_password], destination(), Settings(), ring, source_oauth=oauth)
    assert migration.source_oauth is not None
    assert b"plum-visible-7" not in bytes(migration.source_oauth)
    known = TokenSources()
    sources = [sides(account, ring, tokens=known)[0] for account in migration.accounts.select_related("migration").order_by("line")]
    assert sources[0].tokens is known.of(oauth)
    assert sources[1].tokens is None
    wipe_secrets(migration)
    assert MailMigration.objects.get().source_oauth is None
