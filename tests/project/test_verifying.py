"""Accounts that cannot be verified: each with its own words, and none in the way of the others."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from trasloco.records.key_ring import KeyRing

pytestmark = pytest.mark.usefixtures("clean_database")


async def test_wiped_passwords_are_said_with_the_remedy(ring: KeyRing, capsys: pytest.CaptureFixture[str]) -> None:
    from trasloco.project.verifying import verify_accounts
    from trasloco.records.actions import wipe_secrets
    from trasloco.records.models import MailMigration
    from trasloco.records.verification import accounts_of, newest_verifications
    from trasloco.testing.migration_rows import small_migration

    def wiped() -> MailMigration:
        migration = small_migration(ring, 2)
        wipe_secrets(migration)
        return migration

    migration = await sync_to_async(wiped)()
    results = await verify_accounts(await sync_to_async(accounts_of)(migration, []), None, 5)
    assert results is not None
    assert len(results) == 2
    for item in results:
        assert item.found.failure is not None
        assert not item.found.well
        assert "have been wiped" in item.found.failure.words
        assert "trasloco migrate with the same CSV and --verify all" in item.found.failure.words
    assert len(await sync_to_async(newest_verifications)(migration)) == 2


async def test_a_destination_nobody_answers_at_is_said(ring: KeyRing) -> None:
    from trasloco.project.verifying import verify_accounts
    from trasloco.records.verification import accounts_of
    from trasloco.testing.migration_rows import small_migration

    migration = await sync_to_async(lambda: small_migration(ring, 1))()
    (item,) = await verify_accounts(await sync_to_async(accounts_of)(migration, []), 10, 5) or []
    assert item.found.failure is None  # nothing was brought yet, so nobody was asked
    assert "nothing to verify" in item.found.notes[0]
