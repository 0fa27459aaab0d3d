"""Secrets of second factors at rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from trasloco.records.key_ring import KeyProblem, KeyRing
from trasloco.records.sign_in_secrets import lock_sign_in_secret, open_sign_in_secret

SECRET = "JBSWY3DPEHPK3PXP"


def test_it_comes_back_and_is_not_readable(tmp_path: Path) -> None:
    ring = KeyRing.open(tmp_path / "master.key")
    stored = lock_sign_in_secret(SECRET, ring)
    assert SECRET not in stored
    assert lock_sign_in_secret(SECRET, ring) != stored
    assert open_sign_in_secret(stored, ring) == SECRET


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    stored = lock_sign_in_secret(SECRET, KeyRing.open(tmp_path / "one.key"))
    with pytest.raises(KeyProblem):
        open_sign_in_secret(stored, KeyRing.open(tmp_path / "two.key"))


@pytest.mark.parametrize("damaged", ["", "plain text", ":", "abcd:###"])
def test_what_is_damaged_is_said_to_be(damaged: str, tmp_path: Path) -> None:
    with pytest.raises(KeyProblem):
        open_sign_in_secret(damaged, KeyRing.open(tmp_path / "master.key"))
