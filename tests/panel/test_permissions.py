"""What has to be allowed at the provider: the administrator's steps, and the owners' sign-ins, against the sign-in services on loopback."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.fix_wizard import WizardCast
from tests.panel.test_oauth_credentials import APP, LINE, begin, page_of, service_account
from trasloco.secret import Secret
from trasloco.testing.token_endpoint import CLIENT, SECRET, TENANT, TokenEndpoint

ANNA = "anna@old.example"
OTHER = LINE.replace("anna", "bruno")


@pytest.fixture(autouse=True)
def _loopback_is_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.records import oauth_credentials

    monkeypatch.setattr(oauth_credentials, "TOKEN_SERVERS", oauth_credentials.TOKEN_SERVERS | {"localhost"})


def device(endpoint: TokenEndpoint, client: str = CLIENT) -> str:
    return f'kind = "microsoft-device"\nclient_id = "{client}"\ntenant = "{TENANT}"\nauthority = "{endpoint.url}"\n'


def google(endpoint: TokenEndpoint) -> str:
    return f'kind = "google-consent"\nclient_id = "{CLIENT}"\nclient_secret = "{SECRET}"\ntoken_uri = "{endpoint.url}/token"\n'


def given(wizard: WizardCast, source_type: str, oauth: str, text: str = LINE) -> str:
    """A draft with these credentials; its code. The next page is that of the permissions."""
    code = begin(wizard, source_type)
    assert wizard.give(code, text, oauth=oauth).headers["Location"] == f"/migrations/{code}/permissions/"
    return code


def shown(wizard: WizardCast, code: str) -> str:
    answer = wizard.client.get(f"/migrations/{code}/permissions/")
    assert answer.status_code == 200
    return " ".join(page_of(answer).split())


def ask(wizard: WizardCast, code: str, mailbox: str = ANNA) -> None:
    answer = wizard.client.post(f"/migrations/{code}/permissions/sign-in/", {"mailbox": mailbox})
    assert answer.headers["Location"] == f"/migrations/{code}/permissions/"


def worked(wizard: WizardCast, code: str, meanwhile: Callable[[], None] | None = None) -> None:
    """The worker's part, to its end. meanwhile: called once the owner can sign in."""
    from trasloco.jobs.database_thread import in_thread
    from trasloco.jobs.sign_ins import carry_sign_ins

    migration = wizard.migration(code).pk

    async def both() -> None:
        job = asyncio.create_task(carry_sign_ins(migration, wizard.ring))
        for _ in range(1000 if meanwhile else 0):
            if job.done() or await in_thread(_open, migration):
                break
            await asyncio.sleep(0.05)
        if meanwhile is not None:
            await in_thread(meanwhile)
        await job

    asyncio.run(asyncio.wait_for(both(), 60))


def _open(migration: int) -> bool:
    from trasloco.records.models import OwnerSignIn

    return OwnerSignIn.objects.filter(migration=migration, state="open").exists()


def token(wizard: WizardCast, code: str, mailbox: str = ANNA) -> Secret:
    """As a run would get it, with what is stored now."""
    from trasloco.records.opening import OAUTH_ROW
    from trasloco.records.vault import Vault
    from trasloco.sources.oauth_settings import OauthSettings
    from trasloco.sources.tokens import token_source

    found = wizard.migration(code)
    vault = Vault.open(found.code, found.wrapped_key, found.key_id, wizard.ring)
    return asyncio.run(token_source(OauthSettings.of_secret(vault.reveal(found.source_oauth, OAUTH_ROW))).token(mailbox))


# Administrators


def test_the_tenant_s_administrator_gets_a_script_for_the_migration_s_own_mailboxes(wizard: WizardCast) -> None:
    code = given(wizard, "office365", APP, LINE + OTHER)
    page = shown(wizard, code)
    assert "2 mailboxes are opened by token" in page
    assert "New-ServicePrincipal -AppId $clientId -ObjectId $objectId" in page
    assert "'anna@old.example' 'bruno@old.example'" in page
    assert "Add-MailboxPermission" in page
    assert "Under <b>Enterprise applications</b> open the app of the same name, and copy its <b>Object ID</b>." in page
    assert "hush-hush-app" not in page
    assert f'href="/migrations/{code}/permissions/"' in page_of(wizard.client.get(f"/migrations/new/{code}/check/"))


def test_who_is_left_out_or_has_a_password_is_not_in_the_script(wizard: WizardCast) -> None:
    code = given(wizard, "gmail", service_account(), LINE + OTHER + "carla@example.net;;carla@old.example;her-password\n")
    account = wizard.migration(code).accounts.get(login="bruno@old.example")
    wizard.client.post(f"/migrations/new/{code}/check/leave-out/", {"out": "yes", "account": str(account.pk)})
    assert "1 mailbox is opened by token" in shown(wizard, code)


def test_the_domain_s_administrator_gets_client_id_and_scope(wizard: WizardCast) -> None:
    page = shown(wizard, given(wizard, "gmail", service_account(client_id="108234567890")))
    assert '<code id="client">108234567890</code>' in page
    assert '<code id="scope">https://www.googleapis.com/auth/gmail.imap_admin</code>' in page
    assert "PRIVATE KEY" not in page


# Owners at Microsoft


def test_an_owner_signs_in_with_a_code_and_his_mailbox_opens(wizard: WizardCast, endpoint: TokenEndpoint) -> None:
    code = given(wizard, "office365", device(endpoint), LINE + OTHER)
    assert "The owners of 2 mailboxes have not signed in yet." in shown(wizard, code)
    ask(wizard, code)
    assert "The provider is being asked …" in shown(wizard, code)
    pages: list[str] = []

    def owner() -> None:
        pages.append(shown(wizard, code))
        endpoint.approved = True

    worked(wizard, code, owner)
    assert "ABC123" in pages[0]
    assert 'href="https://microsoft.example/device"' in pages[0]
    page = shown(wizard, code)
    assert "✓ allowed" in page
    assert "ABC123" not in page
    assert "One person has signed in; all mailboxes are opened with his consent." in page
    assert endpoint.opens(token(wizard, code).reveal()) == ANNA


def test_a_check_that_got_no_token_is_done_again_after_the_sign_in(wizard: WizardCast, endpoint: TokenEndpoint) -> None:
    from trasloco.records.models import LoginCheck

    code = given(wizard, "office365", device(endpoint), LINE + OTHER)
    wizard.client.get(f"/migrations/new/{code}/check/")
    refused = {"ok": False, "code": "token-refused", "words": "nobody has signed in for it yet", "server": ""}
    LoginCheck.objects.filter(account__login=ANNA).update(state="failed", source=refused)
    LoginCheck.objects.exclude(account__login=ANNA).update(state="failed", source=refused | {"code": "login-refused"})
    ask(wizard, code)
    endpoint.approved = True
    worked(wizard, code)
    assert list(LoginCheck.objects.values_list("account__login", flat=True)) == ["bruno@old.example"]


def test_what_microsoft_refuses_is_shown_in_its_words_and_can_be_begun_again(wizard: WizardCast, endpoint: TokenEndpoint) -> None:
    code = given(wizard, "office365", device(endpoint))
    ask(wizard, code)
    worked(wizard, code, lambda: setattr(endpoint, "down", True))
    page = shown(wizard, code)
    assert "✗ not allowed" in page
    assert "Microsoft could not be reached" in page
    endpoint.down, endpoint.approved = False, True
    ask(wizard, code)
    assert "could not be reached" not in shown(wizard, code)
    worked(wizard, code)
    assert "All owners have signed in." in shown(wizard, code)


def test_a_sign_in_begun_anew_takes_nothing_from_the_one_before(wizard: WizardCast, endpoint: TokenEndpoint) -> None:
    from trasloco.records.models import OwnerSignIn
    from trasloco.records.sign_ins import fail_sign_in, keep_consent, open_sign_in, sign_in_wanted

    code = given(wizard, "office365", device(endpoint))
    ask(wizard, code)
    old = OwnerSignIn.objects.get()
    ask(wizard, code)
    assert not open_sign_in(old, "https://x", "OLD", 60)
    assert not sign_in_wanted(old)
    assert not keep_consent(old, Secret("stolen"), wizard.ring)
    fail_sign_in(old, "late", "")
    found = OwnerSignIn.objects.get()
    assert (found.state, found.turn, found.words, found.code) == ("asked", 2, "", "")


def test_giving_the_csv_again_keeps_what_owners_allowed_the_same_app(wizard: WizardCast, endpoint: TokenEndpoint) -> None:
    code = given(wizard, "office365", device(endpoint))
    ask(wizard, code)
    endpoint.approved = True
    worked(wizard, code)
    wizard.give(code, LINE + OTHER, oauth=device(endpoint))
    assert "✓ allowed" in shown(wizard, code)
    wizard.give(code, LINE, oauth=device(endpoint, "another-app"))
    assert "✓ allowed" not in shown(wizard, code)
    assert not wizard.migration(code).sign_ins.exists()


# Owners at Google


def google_page(wizard: WizardCast, endpoint: TokenEndpoint, code: str) -> str:
    """The owner at Google: where his browser ends."""
    url = wizard.migration(code).sign_ins.get().url
    query = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
    assert (query["client_id"], query["login_hint"]) == (CLIENT, ANNA)
    endpoint.challenge = query["code_challenge"]
    return f"http://127.0.0.1/?state={query['state']}&code=code&scope=x"


def paste(wizard: WizardCast, code: str, address: str) -> Any:
    return wizard.client.post(f"/migrations/{code}/permissions/answer/", {"mailbox": ANNA, "address": address}, follow=True)


def test_an_owner_allows_it_at_google_and_the_last_address_is_pasted(wizard: WizardCast, endpoint: TokenEndpoint) -> None:
    code = given(wizard, "gmail", google(endpoint))
    ask(wizard, code)
    assert "https://accounts.google.com/o/oauth2/v2/auth?client_id=client-id" in shown(wizard, code)
    paste(wizard, code, google_page(wizard, endpoint, code))
    worked(wizard, code)
    assert "All owners have signed in." in shown(wizard, code)
    assert endpoint.opens(token(wizard, code).reveal()) == ANNA
    found = wizard.migration(code)
    assert b"refresh" not in bytes(found.source_oauth or b"")
    assert found.sign_ins.get().secret is None


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://127.0.0.1/?state=other&code=code", "that is not the address of the page this sign-in ended on"),
        ("http://127.0.0.1/?error=access_denied", "Google says “access_denied”"),
    ],
)
def test_another_address_is_refused_with_what_to_do(wizard: WizardCast, endpoint: TokenEndpoint, address: str, words: str) -> None:
    code = given(wizard, "gmail", google(endpoint))
    ask(wizard, code)
    paste(wizard, code, address)
    worked(wizard, code)
    assert words in shown(wizard, code)
    assert "This sign-in is over. Begin it again." in page_of(paste(wizard, code, address))


# Everywhere


def test_what_was_allowed_goes_with_the_passwords(wizard: WizardCast, endpoint: TokenEndpoint) -> None:
    from trasloco.records.actions import wipe_secrets

    code = given(wizard, "gmail", google(endpoint))
    ask(wizard, code)
    wipe_secrets(wizard.migration(code))
    assert not wizard.migration(code).sign_ins.exists()
    assert wizard.client.get(f"/migrations/{code}/permissions/").headers["Location"] == f"/migrations/{code}/"
    answer = wizard.client.post(f"/migrations/{code}/permissions/sign-in/", {"mailbox": ANNA}, follow=True)
    assert "There is nothing to sign in to" in page_of(answer)


def test_an_app_of_the_administrator_asks_no_owner(wizard: WizardCast) -> None:
    code = given(wizard, "office365", APP)
    answer = wizard.client.post(f"/migrations/{code}/permissions/sign-in/", {"mailbox": ANNA}, follow=True)
    assert "There is nothing to sign in to" in page_of(answer)
    assert not wizard.migration(code).sign_ins.exists()


def test_a_stranger_sees_no_permissions(wizard: WizardCast) -> None:
    from trasloco.records.models import Customer

    code = given(wizard, "office365", APP)
    stranger = wizard.sign_in(wizard.person("x@elsewhere.example", "admin", customer=Customer.objects.create(name="Elsewhere")))
    assert stranger.get(f"/migrations/{code}/permissions/").status_code == 404
    assert stranger.post(f"/migrations/{code}/permissions/sign-in/", {"mailbox": ANNA}).status_code == 404


def test_the_part_that_comes_again_ends_when_nothing_is_under_way(wizard: WizardCast, endpoint: TokenEndpoint) -> None:
    code = given(wizard, "gmail", google(endpoint))
    path = f"/migrations/{code}/permissions/"
    assert wizard.client.get(path, headers={"HX-Request": "true"}).status_code == 286
    ask(wizard, code)
    assert wizard.client.get(path, headers={"HX-Request": "true"}).status_code == 200
    assert "<html" not in html.unescape(wizard.client.get(path, headers={"HX-Request": "true"}).content.decode())


def test_many_mailboxes_come_in_pages_who_is_waited_for_first(wizard: WizardCast, endpoint: TokenEndpoint) -> None:
    lines = "".join(f"a{number}@example.net;;a{number}@old.example;\n" for number in range(1, 61))
    code = given(wizard, "gmail", google(endpoint), lines)
    ask(wizard, code, "a60@old.example")
    page = shown(wizard, code)
    assert "Page 1 of 2 (1 to 50 of 60)" in page
    assert page.index("<h3>a60@old.example</h3>") < page.index("<h3>a1@old.example</h3>")
    assert "<h3>a55@old.example</h3>" not in page
