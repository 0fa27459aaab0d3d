"""Proofs from a server that sends something else than proofs."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from trasloco.project.elsewhere.proofs import proofs_there
from trasloco.project.exit_codes import ExitCode
from trasloco.project.halt import Halt
from trasloco.testing.web_server import Answer, WebServer


def fetched(directory: Path, archive: bytes) -> int:
    token = directory / "token.txt"
    token.touch(mode=0o600)
    token.write_text("trasloco_a-token-of-this-test\n")
    answers = {"127.0.0.1/api/v1/migrations/k": Answer(b'{"code": "k"}'), "127.0.0.1/api/v1/migrations/k/proof": Answer(archive)}
    with WebServer(answers) as web:
        values = {"server": web.url, "token_file": str(token), "server_ca": None}
        return proofs_there("k", (), str(directory / "in" / "proofs"), values)


def zipped(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return data.getvalue()


@pytest.mark.parametrize("name", ["..__evil.json", "__evil.json", "evil.sh", ".evil.json", "a__evil.json"])
def test_no_name_of_an_archive_leads_out_of_the_directory(tmp_path: Path, name: str) -> None:
    with pytest.raises(Halt) as caught:
        fetched(tmp_path, zipped(**{name: b"{}"}))
    assert "which is no file of a proof" in caught.value.words
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]


def test_what_is_no_archive_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(Halt) as caught:
        fetched(tmp_path, b"<html>welcome</html>")
    assert "is no archive" in caught.value.words


def test_a_proof_that_is_not_as_it_was_sealed_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetched(tmp_path, zipped(**{"k-anna@example.net.json": b'{"format": "something else"}'})) == ExitCode.SOMETHING_FAILED
    assert "k-anna@example.net.json" in capsys.readouterr().err
