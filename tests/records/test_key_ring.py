from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from trasloco.records.key_ring import KeyProblem, KeyRing


def test_the_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    first = KeyRing.open(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KeyRing.open(path).newest == first.newest
    assert [file.name for file in path.parent.iterdir()] == ["master.key"]


def test_what_one_ring_wraps_another_reading_of_it_unwraps(tmp_path: Path) -> None:
    ring = KeyRing.open(tmp_path / "master.key")
    wrapped = ring.wrap(b"k" * 32, "abcd2345")
    again = KeyRing.open(tmp_path / "master.key")
    assert again.unwrap(ring.newest, wrapped, "abcd2345") == b"k" * 32
    assert b"k" * 8 not in wrapped
    with pytest.raises(KeyProblem, match="is not the one"):
        again.unwrap(ring.newest, wrapped, "another2")


def test_keys_can_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    old = KeyRing.open(path)
    wrapped = old.wrap(b"k" * 32, "abcd2345")
    with path.open("a") as file:
        file.write(f"# since May\nnew {base64.b64encode(b'n' * 32).decode()}\n")
    ring = KeyRing.open(path)
    assert ring.newest == "new"
    assert ring.unwrap(old.newest, wrapped, "abcd2345") == b"k" * 32
    assert ring.wrap(b"k" * 32, "abcd2345") != wrapped


def test_a_lost_file_is_said_in_clear_words(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    old = KeyRing.open(path)
    wrapped = old.wrap(b"k" * 32, "abcd2345")
    path.unlink()
    with pytest.raises(KeyProblem, match=f"master key {old.newest}, which is not in .*Restore"):
        KeyRing.open(path).unwrap(old.newest, wrapped, "abcd2345")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no key in"),
        (b"# only words\n", "no key in"),
        (b"id notbase64!\n", "Line 1 of"),
        (b"id c2hvcnQ=\n", "Line 1 of"),
        (b"just-one-word\n", "Line 1 of"),
        (b"\xff\xfe\x00", "not a file of master keys"),
    ],
)
def test_a_damaged_file_is_never_replaced(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    with pytest.raises(KeyProblem, match=words):
        KeyRing.open(path)
    assert path.read_bytes() == content


def test_a_directory_is_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="cannot be read"):
        KeyRing.open(tmp_path)


def test_keys_cannot_be_printed(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    ring = KeyRing.open(path)
    key = path.read_text().split()[-1]
    assert key not in repr(ring)
