"""From a fresh clone to a proof, in the browser: acceptance 1 of the service. With pictures on request."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.journey import steps
from tests.journey.steps import PATIENCE
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mail_sink import MailSink
from trasloco.testing.mailbox_filler import MailboxFiller
from trasloco.testing.service import Service

DOMAIN = "moving.example"
NAMES = ("anna", "bruno", "carla", "dario", "elena", "fabio")
FOLDERS = (("INBOX",), ("Sent",), ("Archive",), ("Archive", "2024"), ("Clients", "Miller & Sons, Ltd"), ("Trash",))


def test_trial(service: Service, mail_sink: MailSink, browser: Browser, dovecot_source: Dovecot, dovecot_destination: Dovecot) -> None:
    context = browser.new_context(base_url=service.address, viewport={"width": 1440, "height": 900})
    page = context.new_page()

    def shot(name):
        page.screenshot(path=f"/tmp/mg/shots/{name}.png", full_page=True)

    steps.make_superuser(page, service.first_link)
    shot("01-setup")
    steps.describe_destination(page, dovecot_destination)
    shot("02-destination")
    steps.name_mail_server(page, mail_sink, service.address)
    shot("03-installation")
    steps.make_customer(page, "Moving GmbH", DOMAIN)
    shot("04-customer")
    page.get_by_role("link", name="People").last.click()
    for email, role in (("admin@moving.example", "admin"), ("team@moving.example", "team"), ("manager@moving.example", "manager")):
        steps.invite(page, email, role, DOMAIN if role == "manager" else "")
    shot("05-people")
    for email in ("admin@moving.example", "team@moving.example", "manager@moving.example"):
        other = browser.new_context(base_url=service.address)
        steps.accept(other.new_page(), mail_sink, email)
        other.close()
    context = browser.new_context(base_url=service.address, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto("/account/login/")
    shot("00-login")
    steps.sign_in(page, "manager@moving.example")
    shot("06-empty")
    lines = []
    for n, name in enumerate(NAMES):
        login = f"{name}@old.example"
        with MailboxFiller(dovecot_source.host, dovecot_source.port, login, dovecot_source.password) as filler:
            filler.fill(Letters(name), 60, FOLDERS)
        password = "wrong" if name in ("bruno", "carla") else dovecot_source.password
        quoted = '"' + password.replace('"', '""') + '"'
        lines.append(f"{name}@{DOMAIN};127.0.0.1:{dovecot_source.tls_port};{login};{quoted}")
    code = steps.give_csv(page, "\n".join(lines))
    shot("07-check")
    expect(page.get_by_text("2 accounts do not work yet")).to_be_visible(timeout=PATIENCE)
    shot("08-checked")
    steps.correct_password(page, f"bruno@{DOMAIN}", dovecot_source.password)
    expect(page.get_by_text("1 account does not work yet")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("row", name=f"carla@{DOMAIN}").get_by_role("button", name="Leave out").click()
    steps.plan(page, 6)
    shot("09-migration")
    expect(page.get_by_text("Change the MX records now")).to_be_visible(timeout=PATIENCE)
    shot("10-between")
    page.goto("/migrations/")
    shot("11-list")
    page.goto(f"/migrations/{code}/")
    page.get_by_role("link", name=f"anna@{DOMAIN}").click()
    shot("12-account")
    page.get_by_role("link", name="Log 1").click()
    shot("13-log")
    print(service.log[-2000:])
