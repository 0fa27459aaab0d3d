"""The five steps in a real browser, against the whole service and two real Dovecots.

TRASLOCO_PICTURES names a directory to leave a picture of every step in: wide and narrow, light and dark.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fix_wizard import MAILBOXES
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.service import Service

PASSWORD = "a long password 1"
MILLISECONDS = 60_000
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    """A page on which nothing may be complained of: no script that fails, nothing the policy forbids. Closed before the service is."""
    assert service.process is not None
    complaints: list[str] = []
    page = browser.new_context(viewport=WIDE).new_page()  # type: ignore[arg-type] # a TypedDict
    page.set_default_timeout(MILLISECONDS)
    page.on(
        "console",
        lambda message: (
            complaints.append(f"{message.text} {message.location.get('url')}") if message.type in ("error", "warning") else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", lambda answer: complaints.append(f"{answer.status} {answer.url}") if answer.status in (404, 500) else None)
    yield page
    page.context.close()
    # Not of our pages: what the limits refuse is a 413 on purpose, and the browser asks for /favicon.ico by itself.
    assert "\n".join(words for words in complaints if "413" not in words and "favicon.ico" not in words) == ""


def picture(page: Page, name: str) -> None:
    """Every step fits on a telephone; its pictures are taken where somebody wants them."""
    page.set_viewport_size(NARROW)  # type: ignore[arg-type] # a TypedDict
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, f"{name} is wider than a telephone"
    wanted = os.environ.get("TRASLOCO_PICTURES", "")
    for size in (WIDE, NARROW) if wanted else ():
        for colours in ("light", "dark"):
            page.set_viewport_size(size)  # type: ignore[arg-type] # a TypedDict
            page.emulate_media(color_scheme=colours)
            page.wait_for_timeout(300)  # colours fade
            page.screenshot(path=Path(wanted) / f"{name}-{size['width']}-{colours}.png", full_page=True)
    page.set_viewport_size(WIDE)  # type: ignore[arg-type] # a TypedDict
    page.emulate_media(color_scheme="light")


def sign_in(page: Page, service: Service, destination: Dovecot) -> None:
    """The operator, a destination, a customer with a domain."""
    service.run("superuser", "operator@example.net", "--password-file", "-", stdin=PASSWORD)
    page.goto(f"{service.address}/account/login/")
    page.fill("[name=login]", "operator@example.net")
    page.fill("[name=password]", PASSWORD)
    with page.expect_navigation():
        page.press("[name=password]", "Enter")
    assert destination.master is not None
    user, secret = destination.master
    _post(page, f"{service.address}/installation/", {"allow_private_addresses": "on"})
    system = {"name": "Ours", "host": "127.0.0.1", "port": str(destination.port), "security": "plain", "user": user, "password": secret}
    _post(page, f"{service.address}/destinations/new/", system)
    _post(page, f"{service.address}/customers/", {"name": "Alice & Co"})
    customer = page.request.get(f"{service.address}/migrations/new/").text().split('<option value="')[1].split('"')[0]
    _post(page, f"{service.address}/customers/{customer}/domains/", {"name": "example.net"}, form=f"/customers/{customer}/")


def _post(page: Page, address: str, values: dict[str, str], form: str = "") -> None:
    """Send the form that is at the address, with these values; pages of others are tested by others."""
    page.goto(address if not form else address.split("/customers/")[0] + form)
    page.evaluate(
        """([address, values]) => {
            const path = new URL(address).pathname;
            const found = [...document.querySelectorAll("form")].find((form) =>
                Object.keys(values).every((name) => form.elements[name]) && (new URL(form.action).pathname === path));
            for (const [name, value] of Object.entries(values)) {
                const field = found.elements[name];
                if (field.type === "checkbox") field.checked = true; else field.value = value;
            }
            found.noValidate = true;
            found.submit();
        }""",
        [address, values],
    )
    page.wait_for_load_state("networkidle")


def accounts(source: Dovecot, *wrong: int) -> str:
    rows = enumerate(MAILBOXES.items(), 1)
    return "".join(
        f'user{number}@example.net;127.0.0.1:{source.port};{login};"{"wrong" if number in wrong else password}"\n'
        for number, (login, password) in rows
    )


@pytest.mark.slow
def test_the_five_steps_in_a_browser(
    page: Page, service: Service, old_server: Dovecot, dovecot_destination: Dovecot, tmp_path: Path
) -> None:
    sign_in(page, service, dovecot_destination)
    page.goto(f"{service.address}/migrations/new/")
    page.check("[name=source_type][value=gmail]")
    expect(page.locator(".own-server")).to_be_hidden()
    expect(page.locator(".of-gmail")).to_be_visible()
    expect(page.locator("[name=gmail]")).to_have_count(4)
    picture(page, "type-gmail")
    page.check("[name=source_type][value=standard]")
    expect(page.locator(".of-gmail")).to_be_hidden()
    page.check("[name=source_tls][value=off]")
    picture(page, "type")
    page.click("text=Next: the CSV")

    # A file with mistakes is shown to be corrected; a step back and forth loses nothing of it.
    given = tmp_path / "accounts.csv"
    given.write_text(accounts(old_server, 2, 3).replace("user4@example.net", "user4@elsewhere.org"), "utf-8")
    page.set_input_files("[name=file]", given)
    page.click("text=Next: check the logins")
    expect(page.locator(".problems")).to_contain_text("The domain elsewhere.org does not belong to this customer.")
    picture(page, "csv-problems")
    page.locator("ol.steps").get_by_text("Type").click()
    page.click("text=Next: the CSV")
    text = page.locator("[name=text]")
    expect(text).to_have_value(given.read_text("utf-8"))
    text.fill(text.input_value().replace("elsewhere.org", "example.net"))
    page.click("text=Next: check the logins")

    # The check is live: the page becomes its own end without being touched.
    expect(page.locator("#check")).to_contain_text("2 accounts do not work yet.")
    picture(page, "check-failed")
    assert "hush;1" not in page.content()
    rows = page.locator(".checks tbody tr")
    expect(rows.nth(0)).to_contain_text("user2@example.net")
    rows.nth(0).get_by_text("Correct", exact=True).click()
    picture(page, "correct")
    page.fill("[name=password]", MAILBOXES["user2@old.example.org"])
    page.click("text=Save and try")
    expect(page.locator("#check")).to_contain_text("1 account does not work yet.")
    page.locator(".checks tbody tr").nth(0).get_by_role("button", name="Leave out").click()
    expect(page.locator("#check")).to_contain_text("All 5 accounts work on both sides.")
    picture(page, "check-works")
    page.click("text=Next: when")

    # An answer that is not finished yet survives a step back.
    expect(page.locator(".at")).to_be_hidden()
    page.check("[name=start][value=at]")
    page.select_option("[name=time_zone]", "Europe/Rome")
    page.fill("[name=recipients]", "bruno@")
    page.click("button:text-is('Back')")
    page.click("text=Next: when")
    expect(page.locator("[name=recipients]")).to_have_value("bruno@")
    expect(page.locator("[name=start][value=at]")).to_be_checked()
    picture(page, "when")
    page.check("[name=start][value=now]")
    page.fill("[name=recipients]", "bruno@example.org")
    page.click("text=Next: review")

    expect(page.locator("dl.facts")).to_contain_text("bruno@example.org")
    expect(page.locator(".mx")).to_contain_text("example.net", timeout=MILLISECONDS)  # no name server answers here
    picture(page, "review")
    page.click("button:text-is('Migrate')")
    page.wait_for_url(re.compile(r"/migrations/\w{8}/$"))


@pytest.mark.slow
def test_a_file_that_is_far_too_large_is_explained_by_the_browser_too(
    page: Page, service: Service, dovecot_destination: Dovecot, tmp_path: Path
) -> None:
    sign_in(page, service, dovecot_destination)
    page.goto(f"{service.address}/migrations/new/")
    page.click("text=Next: the CSV")
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(2 * 1024**3)
    page.set_input_files("[name=file]", huge)
    page.click("text=Next: check the logins")
    expect(page.locator(".problems")).to_contain_text("What was sent is larger than 2 MB, which no list of accounts is.")
