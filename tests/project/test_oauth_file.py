"""The file of --source-oauth, and the consents beside it."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from trasloco.project.oauth_file import keep_consent, read_oauth
from trasloco.secret import Secret

CONSENT = 'kind = "google-consent"\nclient_id = "c"\nclient_secret = "s3cret"\n'


def written(directory: Path, text: str) -> str:
    file = directory / "oauth.toml"
    file.write_text(text, "utf-8")
    file.chmod(0o600)
    return str(file)


def test_no_file_is_no_oauth() -> None:
    assert read_oauth(None) is None


def test_files_are_looked_for_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    (tmp_path / "app.pem").write_text("PEM", "utf-8")
    text = 'kind = "microsoft-app"\ntenant = "t"\nclient_id = "c"\ncertificate_file = "app.pem"\nthumbprint = "AB"'
    found = read_oauth(written(tmp_path, text))
    assert found is not None
    assert found.value("certificate") == "PEM"


def test_consents_are_kept_beside_it_for_us_alone(tmp_path: Path) -> None:
    file = written(tmp_path, CONSENT)
    for mailbox in ("Anna@x", "bruno@x", "anna@x"):
        path = keep_consent(file, mailbox, Secret(f"of {mailbox}"))
    assert path.stat().st_mode & 0o777 == 0o600
    found = read_oauth(file)
    assert found is not None
    assert {name: secret.reveal() for name, secret in found.consents.items()} == {"anna@x": "of anna@x", "bruno@x": "of bruno@x"}


def test_a_damaged_file_of_consents_says_so(tmp_path: Path) -> None:
    file = written(tmp_path, CONSENT)
    keep_consent(file, "anna@x", Secret("refresh")).write_text("[", "utf-8")
    with pytest.raises(click.UsageError, match=r"is damaged\. Delete it"):
        read_oauth(file)


@pytest.mark.parametrize("text", ["nonsense", CONSENT + 'colour = "red"', 'kind = "google-service-account"\nkey_file = "none.json"'])
def test_a_mistake_is_a_usage_error_that_repeats_no_secret(tmp_path: Path, text: str) -> None:
    with pytest.raises(click.UsageError, match="--source-oauth: ") as caught:
        read_oauth(written(tmp_path, text))
    assert "s3cret" not in caught.value.message
