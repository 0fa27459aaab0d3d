"""What a person does in the panel, step by step: each function begins where the one before ended."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from playwright.sync_api import Browser, Locator, Page, expect

from trasloco.testing.dovecot import Dovecot
from trasloco.testing.mail_sink import MailSink
from trasloco.testing.service import Service

PASSWORD = "four words of Anna's 1"
PATIENCE = 120_000  # milliseconds for what a worker does meanwhile


@contextmanager
def window(browser: Browser, service: Service) -> Iterator[Page]:
    """A browser nobody has signed in with. What a page's scripts complain of fails the test."""
    context = browser.new_context(base_url=service.address, viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None)
    yield page
    context.close()
    assert not complaints


def row(page: Page, address: str) -> Locator:
    """The row of an account in a table."""
    return page.get_by_role("row").filter(has_text=address)


def quoted(field: str) -> str:
    """A field of a CSV that may hold anything."""
    return '"' + field.replace('"', '""') + '"'


def make_superuser(page: Page, link: str) -> None:
    """The one-time link of the terminal; a second visit finds nothing."""
    page.goto(link)
    page.locator('[name="email"]').fill("operator@example.net")
    page.locator('[name="name"]').fill("Olga Operator")
    page.locator('[name="password"]').fill(PASSWORD)
    page.locator("main form button.primary[type=submit]").click()
    page.wait_for_url("**/setup/")


def describe_destination(page: Page, server: Dovecot, probe: str) -> None:
    """The operator's own system, and its test button with one address."""
    assert server.master is not None
    page.goto("/destinations/new/")
    page.locator('[name="name"]').fill("Our mail system")
    page.locator('[name="host"]').fill(server.host)
    page.locator('[name="port"]').fill(str(server.tls_port))
    page.locator('[name="security"]').select_option("implicit")
    page.locator('[name="trust"]').select_option("pin")
    page.locator('[name="user"]').fill(server.master[0])
    page.locator('[name="password"]').fill(server.master[1])
    page.get_by_role("button", name="Save").click()
    page.goto("/destinations/")
    page.get_by_role("link", name="Our mail system").first.click()
    page.locator('[name="address"]').fill(probe)
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text(f"{probe} was opened")).to_be_visible(timeout=PATIENCE)


def name_mail_server(page: Page, sink: MailSink, address: str) -> None:
    """SMTP, the panel's own address, private sources; then a test mail."""
    page.goto("/installation/")
    page.locator('[name="smtp_host"]').fill(sink.host)
    page.locator('[name="smtp_port"]').fill(str(sink.port))
    page.locator('[name="smtp_security"]').select_option("plain")
    page.locator('[name="mail_from"]').fill("Trasloco <trasloco@example.net>")
    page.locator('[name="public_url"]').fill(address)
    page.locator('[name="allow_private_addresses"]').check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="test mail").click()
    sink.wait(lambda mail: "Test mail" in str(mail["Subject"]))


def make_customer(page: Page, name: str, domain: str) -> None:
    page.goto("/customers/")
    page.locator('[name="name"]').fill(name)
    page.get_by_role("button", name=re.compile("Make|Add|Create")).click()
    page.get_by_role("link", name=name).first.click() if page.url.endswith("/customers/") else None
    page.get_by_label("Domain", exact=True).fill(domain)
    page.get_by_role("button", name="Add the domain").click()
    expect(page.get_by_text(domain).first).to_be_visible()


def invite(page: Page, email: str, role: str, domain: str = "") -> None:
    """From the people's page of a customer."""
    page.locator('[name="email"]').fill(email)
    page.locator(f'[name="role"][value="{role}"]').check()
    if domain:
        page.get_by_label(domain).check()
    page.get_by_role("button", name="Invite", exact=True).click()


def accept(page: Page, sink: MailSink, email: str) -> None:
    """Follow the mail, choose a password; signed in afterwards, or at the sign-in."""
    mail = sink.wait(_to(email, "invited"))
    page.goto(_link_of(mail, "/invitation/"))
    page.locator('[name="password"]').fill(PASSWORD)
    page.locator("main form button.primary[type=submit]").click()
    page.wait_for_url(lambda url: "/invitation/" not in url)
    if "/login" in page.url:
        sign_in(page, email)


def sign_in(page: Page, email: str) -> None:
    page.goto("/account/login/")
    page.locator('[name="login"]').fill(email)
    page.locator('[name="password"]').fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.wait_for_url("**/migrations/")


def give_csv(page: Page, csv: str) -> str:
    """Type and CSV of a new migration; returns its code."""
    page.goto("/migrations/new/")
    page.locator('[name="source_type"][value="standard"]').check()
    page.locator('[name="source_tls"][value="pin"]').check()
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/csv/")
    page.locator('[name="text"]').fill(csv)
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/check/")
    return page.url.split("/")[-3]


def correct_password(page: Page, address: str, password: str) -> None:
    """In the row of the account that failed."""
    row(page, address).get_by_role("link", name="Correct").click()
    page.locator('[name="password"]').fill(password)
    page.get_by_role("button", name="Save and try").click()
    page.wait_for_url(re.compile("/check/"))


def plan(page: Page, *, hours: int, picture: Callable[[Page, str], None]) -> None:
    """From a check without failures to the planned migration: as soon as possible, the second run some hours later."""
    page.get_by_role("link", name="Next: when").click()
    page.locator('[name="start"][value="now"]').check()
    page.locator('[name="second"]').select_option(str(hours * 60))
    picture(page, "when")
    page.get_by_role("button", name="Next: review").click()
    page.get_by_role("button", name="Migrate").wait_for()
    picture(page, "review")
    page.get_by_role("button", name="Migrate").click()


def _to(email: str, word: str) -> Callable[[EmailMessage], bool]:
    return lambda mail: email in str(mail["To"]) and word in str(mail["Subject"])


def _link_of(mail: EmailMessage, part: str) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(rf"https?://\S*{part}\S+", body.get_content())
    assert found, body.get_content()
    return found.group(0)
