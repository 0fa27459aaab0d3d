from __future__ import annotations

from pathlib import Path

import click
import pytest

from trasloco.project.password_files import read_password, read_passwords


def private(path: Path, data: bytes) -> str:
    path.touch(mode=0o600)
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize(
    ("data", "password"),
    [
        (b"secret", "secret"),
        (b"secret\n", "secret"),
        (b" se cret \r\n", " se cret "),
        (b"\xef\xbb\xbfgr\xc3\xbc\xc3\x9fe\n", "grüße"),
        ("grüße\r\n".encode("utf-16"), "grüße"),
        ("grüße\n".encode("cp1252"), "grüße"),
    ],
)
def test_one_line_end_does_not_belong_to_the_password(tmp_path: Path, data: bytes, password: str) -> None:
    secret = read_password(private(tmp_path / "p", data), "NONE", "--file")
    assert secret is not None
    assert secret.reveal() == password


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"hush\nhush\n", "more than one line"),
        (b"a\0b", "NUL"),
        (b"\xff\xfe", "is empty"),
        (b"\x81\x8dhush", "neither UTF-8 nor Windows-1252"),
        (b"PK\x03\x04hush", "ZIP archive"),
    ],
)
def test_what_is_no_password_is_refused_without_showing_it(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(click.UsageError, match=words) as caught:
        read_password(private(tmp_path / "p", data), "NONE", "--file")
    assert "hush" not in caught.value.message


def test_the_environment_is_the_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRASLOCO_X", "from there")
    secret = read_password(None, "TRASLOCO_X", "--file")
    assert secret is not None
    assert secret.reveal() == "from there"
    assert read_password(None, "TRASLOCO_NOTHING", "--file") is None


def test_a_password_file_of_windows_is_read_with_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = "anna@new.example;grüße\r\nbert@new.example;naïve\r\n".encode("cp1252")
    found = read_passwords(private(tmp_path / "p", lines), "--file")
    assert [secret.reveal() for secret in found.values()] == ["grüße", "naïve"]
    said = capsys.readouterr().err
    assert "read as Windows-1252" in said
    assert "grüße" not in said


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match="cannot be read: No such file"):
        read_password(str(tmp_path / "absent"), "NONE", "--file")


def test_everybody_may_read_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = private(tmp_path / "p", b"secret")
    Path(file).chmod(0o644)
    assert read_password(file, "NONE", "--file") is not None
    assert "chmod 600" in capsys.readouterr().err


def test_passwords_by_address(tmp_path: Path) -> None:
    data = b'Anna@Example.net;pa ss\n"bob@example.net";"a;""b"\n\n'
    found = read_passwords(private(tmp_path / "p", data), "--file")
    assert {address: secret.reveal() for address, secret in found.items()} == {"anna@example.net": "pa ss", "bob@example.net": 'a;"b'}


def test_all_wrong_lines_are_named_and_no_password(tmp_path: Path) -> None:
    data = b"anna@example.net;hush1\nnobody;hush2\nbob@example.net;\nANNA@example.net;hush3\na@b;hush4;hush5\n"
    with pytest.raises(click.UsageError) as caught:
        read_passwords(private(tmp_path / "p", data), "--file")
    for line in ("line 2: the first field", "line 3: the password is empty", "line 4: the address has", "line 5: 3 fields"):
        assert line in caught.value.message
    assert "hush" not in caught.value.message
