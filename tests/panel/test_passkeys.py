"""A passkey in a real browser: added, signed in with, removed. The key is Chromium's own virtual one."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.fix_people import PASSWORD
from trasloco.testing.service import Service

EMAIL = "op@example.net"
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_signs_in_without_the_password_and_can_be_removed(service: Service, browser: Browser) -> None:
    page = _at_localhost(service, browser)
    page.goto(service.first_link.partition(str(service.port))[2])
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the superuser").click()

    page.goto("/account/2fa/webauthn/add/")
    _show_the_password_again(page)
    page.get_by_label("How you call it").fill("My laptop")
    page.get_by_label("It signs me in without the password").check()
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/account/2fa/recovery-codes/")
    expect(page.locator("#recovery-codes")).to_contain_text("\n")
    page.goto("/account/2fa/webauthn/")
    expect(page.get_by_role("row", name="My laptop")).to_contain_text("passkey")

    page.get_by_role("button", name="Sign out").click()
    page.goto("/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/account/" not in url)
    page.goto("/profile/")
    expect(page.get_by_text(f"{EMAIL} · Superuser")).to_be_visible()

    page.goto("/account/2fa/webauthn/")
    page.get_by_role("row", name="My laptop").get_by_role("link", name="Remove").click()
    _show_the_password_again(page)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No key yet.")).to_be_visible()


def test_the_second_factor_may_be_a_key_after_the_password(service: Service, browser: Browser) -> None:
    page = _at_localhost(service, browser)
    service.run("superuser", EMAIL, "--password-file", "-", stdin=PASSWORD + "\n")
    _sign_in(page)
    page.goto("/account/2fa/webauthn/add/")
    _show_the_password_again(page)
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/account/2fa/recovery-codes/")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/account/login/")
    _sign_in(page)
    page.wait_for_url("**/account/2fa/authenticate/")
    page.get_by_role("button", name="Use a passkey or a security key").click()
    page.wait_for_url(lambda url: "/account/" not in url)


def _at_localhost(service: Service, browser: Browser) -> Page:
    """Keys need a name: no browser gives one to an IP address."""
    context = browser.new_context(base_url=service.address.replace("127.0.0.1", "localhost"))
    page = context.new_page()
    page.set_default_timeout(60_000)
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return page


def _sign_in(page: Page) -> None:
    page.goto("/account/login/")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/account/login/" not in url)


def _show_the_password_again(page: Page) -> None:
    page.wait_for_url("**/account/reauthenticate/**")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
