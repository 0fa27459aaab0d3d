"""Every page of the panel that the operator can open, looked at by axe-core: on a phone in the dark, and wide in the light."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.fix_panel_server import PanelServer
from tests.fix_people import Cast
from tests.fix_wizard import WizardCast
from tests.journey.accessibility import barriers
from tests.panel.addresses import Addresses
from tests.panel.matrix_table import ROOMS
from tests.panel.test_oauth_credentials import APP, begin, service_account

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators"),  # as project.asgi does
]

LOOKS: tuple[dict[str, Any], ...] = (
    {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
)
PARTS = {"migration_completeness", "migration_mx", "new_check_table", "new_mail_servers"}  # of pages, not pages
FOR_NOBODY = {"account_login", "account_reset_password", "account_reset_password_done"}  # opened by who has not signed in


@pytest.mark.timeout(900)
@pytest.mark.parametrize("look", range(len(LOOKS)), ids=["phone-dark", "wide-light"])
def test_no_page_keeps_people_out(panel_server: PanelServer, cast: Cast, browser: Browser, look: int) -> None:
    cookie = panel_server.session(cast.people["superuser"])
    addresses = panel_server.do(Addresses, cast)
    own = browser.new_context(base_url=panel_server.address, **LOOKS[look])
    own.add_cookies([cookie])  # type: ignore[list-item] # a TypedDict
    strange = browser.new_context(base_url=panel_server.address, **LOOKS[look])
    wrong: list[str] = []
    looked = 0
    for signed_in, context in ((True, own), (False, strange)):
        page = context.new_page()
        for name, line in ((name, line) for room in ROOMS.values() for name, line in room.items()):
            if (line.get[0] != "o" if signed_in else name not in FOR_NOBODY) or name in PARTS:
                continue
            found = _found(page, addresses.of(name))
            looked += found is not None
            wrong += [f"{name}: {words}" for words in found or ()]
    own.close()
    strange.close()
    assert looked > 30
    assert wrong == []


def _found(page: Page, path: str) -> list[str] | None:
    """None for what is no page: a download, figures, events."""
    answer = page.request.head(path)
    if "text/html" not in answer.headers.get("content-type", "") or "attachment" in answer.headers.get("content-disposition", ""):
        return None
    page.goto(path)
    found = barriers(page)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("it is wider than the window")
    return found


@pytest.fixture
def drafts(panel_server: PanelServer, wizard: WizardCast) -> list[str]:
    """Pages of drafts in states that the cast has not: servers that were found and not found, permissions of each kind."""
    from trasloco.records.models import OwnerSignIn, ServerSearch

    code = begin(wizard, "standard")
    wizard.give(code, "a@example.net;;a@old.example;secret\nb@example.net;;b@work.example;secret\nc@example.net;;c@lost.example;secret\n")
    found = {"state": "ok", "port": 993, "greeting": "* OK ready", "asked": [["MX", "there is none"]]}
    for domain, more in (
        ("old.example", {"host": "imap.old.example", "found_by": "srv", "login": "local part", "certificate": "it has expired", **found}),
        ("work.example", {"host": "imap.gmail.com", "found_by": "mx", "mx": "aspmx.l.google.com", "provider": "gmail", **found}),
        ("lost.example", {"state": "failed", "tried": [["imap.lost.example:993", "nothing answers"]]}),
    ):
        ServerSearch.objects.create(migration=wizard.migration(code), domain=domain, address=f"a@{domain}", **more)
    pages = [f"/migrations/new/{code}/check/"]
    device, consent = 'kind = "microsoft-device"\nclient_id = "x"', 'kind = "google-consent"\nclient_id = "x"\nclient_secret = "y"'
    kinds = (("office365", APP), ("gmail", service_account()), ("office365", device), ("gmail", consent))
    for number, (source_type, oauth) in enumerate(kinds):
        code = begin(wizard, source_type)
        wizard.give(code, f"a{number}@example.org;;anna@old.example;\nb{number}@example.org;;bruno@old.example;\n", oauth=oauth)
        migration = wizard.migration(code)
        if oauth == device:
            OwnerSignIn.objects.create(migration=migration, mailbox="anna@old.example", state="open", url="https://a.example", code="ABC")
        if oauth == consent:
            wizard.client.post(f"/migrations/{code}/permissions/sign-in/", {"mailbox": "anna@old.example"})
        OwnerSignIn.objects.create(migration=migration, mailbox="bruno@old.example", state="failed", words="refused", remedy="Ask again")
        pages += [f"/migrations/{code}/permissions/", f"/migrations/new/{code}/csv/"]
    return pages


@pytest.mark.parametrize("look", range(len(LOOKS)), ids=["phone-dark", "wide-light"])
def test_nor_does_a_page_of_servers_or_permissions(
    panel_server: PanelServer, wizard: WizardCast, drafts: list[str], browser: Browser, look: int
) -> None:
    context = browser.new_context(base_url=panel_server.address, **LOOKS[look])
    context.add_cookies([panel_server.session(wizard.alice)])  # type: ignore[list-item] # a TypedDict
    page = context.new_page()
    wrong = [f"{path}: {words}" for path in drafts for words in _found(page, path) or ()]
    context.close()
    assert wrong == []
