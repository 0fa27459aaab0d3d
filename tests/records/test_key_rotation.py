"""Another master key: everything stored opens with it, the old one can go, and who runs meanwhile notices nothing."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from tests.fix_people import MASTER_SECRET, Cast
from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.vault import Vault
from trasloco.secret import Secret


@pytest.fixture
def own_ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clean_database: Any) -> KeyRing:
    """Of this test alone: its file is changed."""
    from django.conf import settings

    monkeypatch.setattr(settings, "TRASLOCO_MASTER_KEY_FILE", tmp_path / "master.key")
    return KeyRing.open(tmp_path / "master.key")


@pytest.fixture
def ring(own_ring: KeyRing) -> KeyRing:
    return own_ring


@pytest.fixture
def factor(cast: Cast) -> Any:
    """An authenticator app and recovery codes of the admin, as allauth makes them."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP

    TOTP.activate(cast.people["admin"], "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    return RecoveryCodes.activate(cast.people["admin"])


def test_everything_opens_with_the_new_key_alone(cast: Cast, factor: Any, ring: KeyRing) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.utils import decrypt

    from trasloco.records.history import SCHEDULE
    from trasloco.records.installation import save_installation, smtp_password
    from trasloco.records.key_rotation import keys_in_use, rewrap
    from trasloco.records.models import Installation
    from trasloco.records.systems import master_secret

    save_installation(SCHEDULE, Installation.objects.get(), Secret("copper violin 22"), ring)
    new = ring.with_new_key()
    count = rewrap(new)
    assert count == 3 + 2 + 1 + 2 + 1, "migrations, systems, the mail server, the second factor, a webhook"
    assert rewrap(new) == 0
    assert keys_in_use() == {new.newest}
    only = new.without(new.ids)
    assert only.ids == {new.newest}
    for row in (cast.draft, cast.moving, cast.wide):
        row.refresh_from_db()
        account = row.accounts.order_by("line").first()
        vault = Vault.open(row.code, row.wrapped_key, row.key_id, only)
        assert vault.reveal(account.source_secret, f"{account.destination_address} source") == Secret("source password")
    cast.system.refresh_from_db()
    assert master_secret(cast.system, only) == Secret(MASTER_SECRET)
    assert smtp_password(Installation.objects.get(), only) == Secret("copper violin 22")
    assert decrypt(Authenticator.objects.get(type="totp").data["secret"]) == "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_a_process_that_read_the_file_before_opens_what_was_wrapped_since(cast: Cast, ring: KeyRing) -> None:
    from trasloco.records.key_rotation import rewrap

    before = KeyRing.open(ring._path)
    rewrap(ring.with_new_key())
    cast.moving.refresh_from_db()
    assert Vault.open(cast.moving.code, cast.moving.wrapped_key, cast.moving.key_id, before)


def test_a_key_that_is_needed_and_gone_stops_it_and_nothing_was_harmed(cast: Cast, ring: KeyRing) -> None:
    from trasloco.records.key_rotation import rewrap

    new = ring.with_new_key()
    with pytest.raises(KeyProblem, match="which is not in"):
        rewrap(new.without([ring.newest]))
    cast.moving.refresh_from_db()
    assert cast.moving.key_id == ring.newest


def test_the_file_stays_its_owners_and_keeps_its_comments(tmp_path: Path) -> None:
    ring = KeyRing.open(tmp_path / "master.key")
    new = ring.with_new_key().without([ring.newest])
    text = (tmp_path / "master.key").read_text()
    assert text.startswith("# Master keys")
    assert text.count("\n") == 2
    assert stat.S_IMODE((tmp_path / "master.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]
    assert new.without([new.newest]).newest == new.newest, "the last key is never taken away"


def test_no_table_with_a_data_key_is_forgotten() -> None:
    from django.apps import apps

    from trasloco.records.key_rotation import HOLDERS

    assert {model for model in apps.get_models() if "wrapped_key" in {field.name for field in model._meta.fields}} == set(HOLDERS)


def test_the_secret_of_a_webhook_opens_with_the_new_key_alone(cast: Cast, ring: KeyRing) -> None:
    from trasloco.records import clock
    from trasloco.records.history import SCHEDULE
    from trasloco.records.key_rotation import rewrap
    from trasloco.records.webhooks import add_webhook, signed

    hook = add_webhook(SCHEDULE, cast.alpha, "https://hooks.example.net/", Secret("lantern 44 river"), ring)
    now = clock.now()
    before, new = signed(hook, "{}", ring, now), ring.with_new_key()
    rewrap(new)
    hook.refresh_from_db()
    assert signed(hook, "{}", new.without(new.ids), now) == before
