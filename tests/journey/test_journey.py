"""From a fresh installation to a proof, in the browser: acceptance 1 of the service.

With TRASLOCO_PICTURES=directory its pictures land there (``make pictures``: docs/pictures).
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journey import steps
from tests.journey.steps import PATIENCE
from trasloco.testing.dovecot import Dovecot
from trasloco.testing.letters import Letters
from trasloco.testing.mail_sink import MailSink
from trasloco.testing.mailbox_filler import Mail, MailboxFiller
from trasloco.testing.service import Service
from trasloco.testing.snapshot import Snapshot

DOMAIN = "moving.example"
NAMES = ("anna", "bruno", "carla", "dario")
FOLDERS = (("INBOX",), ("Sent",), ("Archive", "2024"), ("Clients", "Miller & Sons, Ltd"))
PEOPLE = (("admin@office.example", "admin"), ("team@office.example", "team"), ("manager@office.example", "manager"))
Picture = Callable[[Page, str], None]

pytestmark = pytest.mark.slow


@pytest.mark.timeout(900)
def test_from_a_fresh_installation_to_a_proof(
    service: Service,
    mail_sink: MailSink,
    browser: Browser,
    picture: Picture,
    dovecot_source: Dovecot,
    dovecot_destination: Dovecot,
    tmp_path: Path,
) -> None:
    logins = _fill(dovecot_source)
    with steps.window(browser, service) as operator:
        _set_up(operator, service, mail_sink, dovecot_destination, picture)
    for email, _role in PEOPLE:
        with steps.window(browser, service) as person:
            steps.accept(person, mail_sink, email)
            expect(person.get_by_role("heading", name="Migrations")).to_be_visible()
    with steps.window(browser, service) as page:
        steps.sign_in(page, "manager@office.example")
        code = _plan(page, dovecot_source, logins, picture)
        _first_run(page, mail_sink, code, picture)
        arrived = _something_arrives(dovecot_source, logins["anna"])
        _second_run(page, mail_sink, code, picture)
        assert ("INBOX", arrived) in _messages(dovecot_destination, f"anna@{DOMAIN}")
        _look_closely(page, code, picture)
        _check_proof(page, service, tmp_path)
        _delete(page, code, picture)
    for name in ("anna", "bruno", "dario"):
        assert _messages(dovecot_destination, f"{name}@{DOMAIN}") == _messages(dovecot_source, logins[name]), name
    assert not _messages(dovecot_destination, f"carla@{DOMAIN}"), "she was left out"


def _fill(source: Dovecot) -> dict[str, str]:
    """Mail for everybody; returns the old logins by name."""
    logins = {name: f"{name}-journey@old.example" for name in NAMES}
    for name, login in logins.items():
        with MailboxFiller(source.host, source.port, login, source.password) as filler:
            filler.fill(Letters(f"journey {name}"), 40, FOLDERS)
    return logins


def _set_up(page: Page, service: Service, sink: MailSink, destination: Dovecot, picture: Picture) -> None:
    """Superuser, mail, destination system with its test, customer with a domain, three invitations."""
    link = service.first_link
    steps.make_superuser(page, link)
    picture(page, "setting-up")
    steps.name_mail_server(page, sink, service.address)
    steps.describe_destination(page, destination, f"probe@{DOMAIN}")
    picture(page, "destination")
    steps.make_customer(page, "Moving Ltd", DOMAIN)
    page.locator("main").get_by_role("link", name="People").first.click()
    for email, role in PEOPLE:
        steps.invite(page, email, role, DOMAIN if role == "manager" else "")
    picture(page, "people")
    with page.expect_response(lambda answer: "/first-start/" in answer.url) as again:
        page.goto(link)
    assert again.value.status != 200, "the link works once"


def _plan(page: Page, source: Dovecot, logins: dict[str, str], picture: Picture) -> str:
    """Two wrong passwords: one is corrected, the other account left out. Returns the migration's code."""
    wrong = {"bruno": "not his password", "carla": "nor hers"}
    rows = [
        f"{name}@{DOMAIN};{source.host}:{source.tls_port};{login};{steps.quoted(wrong.get(name, source.password))}"
        for name, login in logins.items()
    ]
    code = steps.give_csv(page, "\n".join(rows))
    expect(steps.row(page, f"bruno@{DOMAIN}").get_by_text("Wrong login or password")).to_be_visible(timeout=PATIENCE)
    expect(steps.row(page, f"carla@{DOMAIN}").get_by_text("Wrong login or password")).to_be_visible(timeout=PATIENCE)
    picture(page, "check")
    _read_what_it_means(page, f"bruno@{DOMAIN}", picture)
    steps.correct_password(page, f"bruno@{DOMAIN}", source.password)
    expect(steps.row(page, f"bruno@{DOMAIN}").get_by_text("works")).to_be_visible(timeout=PATIENCE)
    steps.row(page, f"carla@{DOMAIN}").get_by_role("button", name="Leave out").click()
    steps.plan(page, hours=6, picture=picture)
    page.wait_for_url(f"**/migrations/{code}/")
    return code


def _read_what_it_means(page: Page, address: str, picture: Picture) -> None:
    """One click from what is wrong to its paragraph, and back."""
    steps.row(page, address).get_by_role("link", name="What this means, and what to do").click()
    expect(page.get_by_role("heading", name="Wrong login or password login-refused")).to_be_in_viewport()
    picture(page, "manual")
    page.go_back()


def _first_run(page: Page, sink: MailSink, code: str, picture: Picture) -> None:
    """It begins by itself; the page and a mail say what to do when it has ended."""
    expect(page.get_by_text("Change the MX records now").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="MX records", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(steps.row(page, f"anna@{DOMAIN}").get_by_text("completed")).to_be_visible()
    expect(page.get_by_role("heading", name="What the first run will be like")).to_have_count(0)  # nobody reloaded the page
    expect(page.get_by_role("heading", name="Is all mail there?")).to_be_visible(timeout=PATIENCE)
    picture(page, "between-the-runs")
    for subject in ("is planned", "change the MX records now"):
        mail = sink.wait(_about(code, subject))
        assert "manager@office.example" in str(mail["To"])
    page.goto("/migrations/")
    expect(page.get_by_role("row", name=code)).to_contain_text("between the runs")
    picture(page, "migrations")
    page.get_by_role("link", name=code).click()


def _second_run(page: Page, sink: MailSink, code: str, picture: Picture) -> None:
    page.get_by_role("button", name="Start the second run now").click()
    expect(page.get_by_text("All runs have ended, and every account is complete")).to_be_visible(timeout=PATIENCE)
    page.reload()  # mails and downloads do not come by themselves
    picture(page, "ended")
    mail = sink.wait(_about(code, "has ended"))
    assert "manager@office.example" in str(mail["To"])
    expect(page.get_by_text("The passwords have been wiped")).to_be_visible(timeout=PATIENCE)


def _look_closely(page: Page, code: str, picture: Picture) -> None:
    """An account with its folders, and its logs."""
    page.get_by_role("link", name=f"anna@{DOMAIN}", exact=True).click()
    expect(page.get_by_role("heading", name=f"anna@{DOMAIN}")).to_be_visible()
    expect(steps.row(page, "Clients/Miller & Sons, Ltd")).to_be_visible()
    picture(page, "account")
    page.get_by_role("link", name="Log 2").click()
    crumbs = [code, f"anna@{DOMAIN}", "Log 2"]
    assert [words.strip() for words in page.locator(".crumbs li").all_inner_texts()] == ["Migrations", *crumbs]
    expect(page.get_by_text("This account is complete.")).to_be_visible()
    picture(page, "log")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as text").click()
    assert f"anna@{DOMAIN}: log of run 2" in Path(download.value.path()).read_text("utf-8")
    page.get_by_role("link", name="Log 1").click()
    expect(page.locator(".log")).to_contain_text("INBOX")
    page.get_by_role("link", name=f"anna@{DOMAIN}", exact=True).click()


def _check_proof(page: Page, service: Service, directory: Path) -> None:
    """Download it on the account's page; the command that anybody has finds it whole."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Proof").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        archive.extractall(directory / "proof")
    documents = [str(path) for path in (directory / "proof").glob("*.json")]
    assert len(documents) == 1
    service.run("verify-proof", *documents)


def _delete(page: Page, code: str, picture: Picture) -> None:
    """It asks, names what goes, and then it is gone for everybody."""
    page.get_by_role("link", name=code).click()
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_text(f"{len(NAMES)} accounts with their passwords")).to_be_visible()
    picture(page, "deletion")
    page.get_by_role("button", name="Delete it for good").click()
    expect(page.get_by_text(f"Migration {code} is deleted")).to_be_visible()
    answer = page.goto(f"/migrations/{code}/")
    assert answer is not None
    assert answer.status == 404


def _something_arrives(source: Dovecot, login: str) -> str:
    """New mail on the old server, as it comes until everybody knows the new MX; returns its SHA-256."""
    letter = Letters("meanwhile").letter()
    with MailboxFiller(source.host, source.port, login, source.password) as filler:
        filler.append(("INBOX",), [Mail(letter.content, (), letter.date)])
    return hashlib.sha256(letter.content).hexdigest()


def _messages(server: Dovecot, user: str) -> Counter[tuple[str, str]]:
    """How often each message is in each folder, by SHA-256."""
    found = Snapshot.read(server.host, server.port, user, server.password)
    return Counter(("/".join(path), entry.sha256) for path, entries in found.folders.items() for entry in entries)


def _about(code: str, words: str) -> Callable[[EmailMessage], bool]:
    return lambda mail: code in str(mail["Subject"]) and words in str(mail["Subject"])
