from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from trasloco.records.proof_key import ProofKey, ProofKeyProblem, read_public_key, signature_holds


def test_it_is_made_once_and_for_nobody_else_to_read(tmp_path: Path) -> None:
    path = tmp_path / "state" / "proof.key"
    key = ProofKey.open(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert ProofKey.open(path).public == key.public
    assert [item.name for item in path.parent.iterdir()] == ["proof.key"]


def test_what_it_signs_holds_for_these_bytes_only(tmp_path: Path) -> None:
    key, other = ProofKey.open(tmp_path / "a"), ProofKey.open(tmp_path / "b")
    signature = key.sign(b"words")
    assert signature_holds(key.public, signature, b"words")
    assert not signature_holds(key.public, signature, b"other words")
    assert not signature_holds(other.public, signature, b"words")
    assert not signature_holds(b"short", signature, b"words")
    assert not signature_holds(key.public, b"short", b"words")


def test_its_public_half_can_be_handed_on(tmp_path: Path) -> None:
    key = ProofKey.open(tmp_path / "key")
    assert read_public_key(key.public_pem.encode()) == key.public
    assert "PRIVATE" not in key.public_pem
    assert repr(key) == f"ProofKey({key.fingerprint})"


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_broken_file_is_said_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "proof.key"
    path.write_bytes(content)
    with pytest.raises(ProofKeyProblem, match="Restore it from a backup"):
        ProofKey.open(path)
    assert path.read_bytes() == content


def test_a_key_of_another_kind_is_said(tmp_path: Path) -> None:
    private = generate_private_key(SECP256R1())
    path = tmp_path / "proof.key"
    path.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    with pytest.raises(ProofKeyProblem, match="another kind"):
        ProofKey.open(path)
    public = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ProofKeyProblem, match="another kind"):
        read_public_key(public)
    with pytest.raises(ProofKeyProblem, match="not a public key"):
        read_public_key(b"nonsense")


def test_a_directory_in_the_way_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProofKeyProblem, match="cannot be read"):
        ProofKey.open(tmp_path)
