"""OAuth credentials given with the CSV: sealed with the draft, for lines without a password, and only for the providers' own servers."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fix_wizard import WizardCast

APP = 'kind = "microsoft-app"\ntenant = "old.onmicrosoft.com"\nclient_id = "an-id"\nclient_secret = "hush-hush-app"\n'
LINE = "anna@example.net;outlook.office365.com;anna@old.example;\n"


def service_account(**changes: str) -> str:
    """Google's key file, as its console makes it."""
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    facts = {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": "1",
        "private_key": key.decode(),
        "client_email": "mover@p.iam.gserviceaccount.com",
        "client_id": "1",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return json.dumps(facts | changes)


def begin(wizard: WizardCast, source_type: str) -> str:
    answer = wizard.client.post("/migrations/new/", {"source_type": source_type})
    return str(answer.headers["Location"].split("/")[3])


def page_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_office_365_without_credentials_is_refused_with_what_to_do(wizard: WizardCast) -> None:
    page = page_of(wizard.give(begin(wizard, "office365"), LINE.replace(";\n", ";secret\n")))
    assert "Microsoft 365 takes no passwords by IMAP any more" in page
    assert "Give OAuth credentials below, and leave the password of each line empty." in page


@pytest.mark.parametrize(("source_type", "credentials"), [("office365", APP), ("gmail", service_account())])
def test_a_line_without_a_password_is_opened_by_token(wizard: WizardCast, source_type: str, credentials: str) -> None:
    from trasloco.records.models import Account
    from trasloco.records.sides import sides
    from trasloco.records.systems import as_json

    code = begin(wizard, source_type)
    assert wizard.give(code, LINE, oauth=credentials).status_code == 302
    account = Account.objects.select_related("migration").get()
    account.migration.destination = as_json(wizard.system) | {"form": "password"}
    account.destination_secret = account.source_secret
    assert account.migration.source_oauth is not None
    assert b"hush-hush-app" not in bytes(account.migration.source_oauth)
    from trasloco.records.drafts import vault

    account.destination_secret = vault(account.migration, wizard.ring).lock(_secret("x"), "anna@example.net destination")
    source, _destination = sides(account, wizard.ring)
    assert source.tokens is not None


def _secret(text: str) -> Any:
    from trasloco.secret import Secret

    return Secret(text)


def test_credentials_are_on_no_page_once_they_were_accepted_and_are_kept(wizard: WizardCast) -> None:
    code = begin(wizard, "office365")
    wizard.give(code, LINE, oauth=APP)
    page = page_of(wizard.client.get(f"/migrations/new/{code}/csv/"))
    assert "hush-hush-app" not in page
    assert "Credentials are stored." in page
    assert wizard.give(code, LINE + LINE.replace("anna", "bruno")).status_code == 302
    assert wizard.migration(code).source_oauth is not None


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        ("not a key at all", "it is neither TOML nor JSON"),
        ('kind = "yahoo"', "kind is missing or not known"),
        ('kind = "microsoft-app"\ntenant = "t"', "client_id is missing"),
        (APP + 'authority = "https://10.0.0.1"', "authority names no server of Microsoft or Google"),
        (service_account(token_uri="https://metadata.internal/token"), "token_uri names no server of Microsoft or Google"),
        ('kind = "google-service-account"\nkey_file = "/etc/shadow"', "the panel reads no files"),
    ],
)
def test_credentials_that_cannot_be_used_are_named_and_nothing_is_kept(wizard: WizardCast, credentials: str, words: str) -> None:
    code = begin(wizard, "office365")
    page = page_of(wizard.give(code, LINE, oauth=credentials))
    assert words in page
    assert "hush-hush" not in page.split("<tbody>")[1].split("</tbody>")[0]
    assert wizard.migration(code).source_oauth is None
    assert not wizard.migration(code).accounts.exists()


def test_one_more_run_asks_for_the_credentials_again(wizard: WizardCast) -> None:
    from django.utils import timezone

    from trasloco.records.actions import wipe_secrets
    from trasloco.records.models import LoginCheck, Run

    code = begin(wizard, "office365")
    wizard.give(code, LINE, oauth=APP)
    # Microsoft is not asked in a test: its answer is put in the place of a check.
    wizard.client.get(f"/migrations/new/{code}/check/")
    LoginCheck.objects.update(state="ok", source={"ok": True, "code": "", "words": "", "server": ""})
    wizard.later(code)
    assert wizard.migrate(code).headers["Location"] == f"/migrations/{code}/"
    Run.objects.update(status="completed", ended_at=timezone.now(), told_at=timezone.now())
    wipe_secrets(wizard.migration(code))
    assert wizard.migration(code).source_oauth is None
    path = f"/migrations/{code}/again/"
    assert "OAuth credentials" in page_of(wizard.client.get(path))
    assert "Give OAuth credentials below" in page_of(wizard.client.post(path, {"text": LINE}))
    assert wizard.client.post(path, {"text": LINE, "oauth": APP}).status_code == 302
    assert wizard.migration(code).source_oauth is not None


# Credentials of a customer


def test_credentials_kept_for_the_customer_serve_his_next_migrations(wizard: WizardCast) -> None:
    from trasloco.records.models import CustomerCredentials

    first = begin(wizard, "office365")
    wizard.give(first, LINE, oauth=APP, keep_oauth="on")
    kept = CustomerCredentials.objects.get()
    assert b"hush-hush-app" not in bytes(kept.secret)
    assert (kept.provider, kept.kind, kept.client_id) == ("microsoft", "microsoft-app", "an-id")
    second = begin(wizard, "office365")
    page = page_of(wizard.client.get(f"/migrations/new/{second}/csv/"))
    assert "The customer has kept credentials (microsoft-app an-id)." in page
    assert "hush-hush-app" not in page
    answer = wizard.give(second, LINE.replace("anna@example.net", "anna@example.org"))
    assert answer.headers["Location"] == f"/migrations/{second}/permissions/"
    assert wizard.migration(second).source_oauth is not None
    third = begin(wizard, "gmail")
    assert "The customer has kept credentials" not in page_of(wizard.client.get(f"/migrations/new/{third}/csv/"))


def test_a_migration_keeps_its_own_when_the_customers_are_forgotten(wizard: WizardCast) -> None:
    from trasloco.records.models import CustomerCredentials

    code = begin(wizard, "office365")
    wizard.give(code, LINE, oauth=APP, keep_oauth="on")
    other = begin(wizard, "office365")
    wizard.client.post(f"/migrations/new/{other}/csv/forget-credentials/")
    assert not CustomerCredentials.objects.exists()
    assert wizard.migration(code).source_oauth is not None
    assert "Give OAuth credentials below" in page_of(wizard.give(other, LINE))


def test_who_is_confined_to_some_domains_does_not_use_what_opens_them_all(wizard: WizardCast) -> None:
    from trasloco.records.models import CustomerCredentials

    wizard.give(begin(wizard, "office365"), LINE, oauth=APP, keep_oauth="on")
    manager = wizard.sign_in(wizard.person("manager@example.net", "manager", ("example.org",)))
    answer = manager.post("/migrations/new/", {"source_type": "office365"})
    code = answer.headers["Location"].split("/")[3]
    line = LINE.replace("anna@example.net", "anna@example.org")
    page = page_of(wizard.give(code, line, client=manager))
    assert "Give OAuth credentials below" in page
    assert "Keep these credentials" not in page
    assert manager.post(f"/migrations/new/{code}/csv/forget-credentials/").status_code == 302
    wizard.give(code, line, client=manager, oauth=APP.replace("an-id", "his-own"), keep_oauth="on")
    assert CustomerCredentials.objects.get().client_id == "an-id"
