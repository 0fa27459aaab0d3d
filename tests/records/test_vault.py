from __future__ import annotations

from pathlib import Path

import pytest

from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.vault import Vault
from trasloco.secret import Secret


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.open(tmp_path / "master.key")


@pytest.mark.parametrize("password", ["simple", "", "ß€𝄞 \n\t\"';", "lone \ud800 surrogate", "x" * 10_000])
def test_any_password_comes_back(ring: KeyRing, password: str) -> None:
    vault, wrapped, key_id = Vault.create("abcd2345", ring)
    locked = vault.lock(Secret(password), "a row")
    again = Vault.open("abcd2345", wrapped, key_id, ring)
    assert again.reveal(locked, "a row") == Secret(password)
    if len(password) > 3:
        assert password.encode("utf-8", "surrogatepass") not in locked


def test_a_ciphertext_moved_to_another_row_or_migration_does_not_open(ring: KeyRing) -> None:
    vault, wrapped, key_id = Vault.create("abcd2345", ring)
    locked = vault.lock(Secret("secret"), "a row")
    with pytest.raises(KeyProblem, match="does not open"):
        vault.reveal(locked, "another row")
    with pytest.raises(KeyProblem, match="is not the one"):
        Vault.open("other234", wrapped, key_id, ring)


def test_the_same_password_never_looks_the_same(ring: KeyRing) -> None:
    vault, _, _ = Vault.create("abcd2345", ring)
    assert vault.lock(Secret("secret"), "a row") != vault.lock(Secret("secret"), "a row")


def test_wiped_secrets_say_so(ring: KeyRing) -> None:
    with pytest.raises(KeyProblem, match="have been wiped"):
        Vault.open("abcd2345", None, "", ring)
    vault, _, _ = Vault.create("abcd2345", ring)
    with pytest.raises(KeyProblem, match="no password stored for a row"):
        vault.reveal(None, "a row")
