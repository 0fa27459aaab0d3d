"""A worker's master keys are held against what the database is protected by."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from trasloco.project.database import Database
from trasloco.records.key_ring import KeyProblem, KeyRing


def test_the_keys_of_what_is_stored_are_in_use_until_its_secrets_are_wiped(clean_database: Database, ring: KeyRing) -> None:
    from trasloco.records.actions import wipe_secrets
    from trasloco.records.key_rotation import keys_in_use
    from trasloco.testing.migration_rows import small_migration

    assert keys_in_use() == set()
    migration = small_migration(ring, 1)
    assert keys_in_use() == {ring.newest}
    wipe_secrets(migration)
    assert keys_in_use() == set()


def test_a_new_installation_gets_a_key_and_a_used_one_never_another(clean_database: Database, ring: KeyRing, tmp_path: Path) -> None:
    from trasloco.records.own_ring import open_ring
    from trasloco.testing.migration_rows import small_migration

    assert len(open_ring(tmp_path / "new.key").ids) == 1
    small_migration(ring, 1)
    with pytest.raises(KeyProblem, match=r"Copy master\.key"):
        open_ring(tmp_path / "absent.key")
    assert not (tmp_path / "absent.key").exists()
    with pytest.raises(KeyProblem, match=f"protected by master key {ring.newest}, which is not in"):
        open_ring(tmp_path / "new.key")


def test_one_key_of_several_that_is_missing_is_noted_and_the_work_goes_on(
    clean_database: Database, ring: KeyRing, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from django.conf import settings

    from trasloco.records.models import MailMigration
    from trasloco.records.own_ring import open_ring
    from trasloco.testing.migration_rows import small_migration

    small_migration(ring, 1)
    old = small_migration(ring, 1, domain="older.example")
    MailMigration.objects.filter(pk=old.pk).update(key_id="lost")
    with caplog.at_level(logging.WARNING):
        open_ring(Path(settings.TRASLOCO_MASTER_KEY_FILE))
    assert "master key lost is in use and not in" in caplog.text
