"""The whole panel with markup in every text it shows and every field it has: no script runs, no page breaks, no traceback is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from playwright.sync_api import Browser, Dialog, Page

from tests.fix_panel_server import PanelServer
from tests.fix_people import Cast
from tests.panel.addresses import Addresses
from tests.panel.matrix_table import ROOMS, VIEWERS
from tests.security.planting import ADDRESS, PAYLOAD, PROBE, more_rows, plant

MakeClient = Callable[..., Client]
MARKUP = re.compile(rf"<{PROBE}|<img src=x|<svg/onload".encode())
BROKEN = re.compile(rb"Traceback \(most recent|django\.[a-z.]+Error|psycopg\.|File &quot;/|File \"/")
PARAMETERS = (
    "q",
    "page",
    "sort",
    "stage",
    "show",
    "level",
    "after",
    "before",
    "next",
    "customer",
    "domain",
    "account",
    "download",
    "state",
)
SPELLINGS = (
    PAYLOAD,
    ADDRESS,
    "<svg/onload=window.hit=1>",
    "%3Cscript%3E",
    "\0",
    "\r\nSet-Cookie: a=b",
    "//evil.example/",
    "' OR 1=1 --",
    "-1",
    "9" * 40,
    "..%2f..%2fetc/passwd",
    "\udcff".encode("utf-8", "surrogatepass").decode("latin-1"),
)
LAST = re.compile(r"/(delete|remove|lock|forget[^/]*|second-factor)/")
# What a page may hold that would run: elements of ours, handlers, addresses that are scripts; and whether anything did.
LOOK = """() => {
    const handled = e => [...e.attributes].some(a => /^on/i.test(a.name));
    const leading = e => ['href', 'src', 'action', 'formaction'].some(n => /^\\s*(javascript|vbscript):/i.test(e.getAttribute(n) || ''));
    const words = (found, asked) => [...document.querySelectorAll(found)].filter(asked).map(e => e.outerHTML.slice(0, 200));
    return {
        probes: document.querySelectorAll('xss-probe, img[src="x"]').length,
        handlers: words('*', handled),
        addresses: words('[href], [src], [action], [formaction]', leading),
        hit: window.hit || 0,
        violations: window.violations || [],
    };
}"""
FILL = """([place, payload]) => {
    const form = document.forms[place];
    for (const field of form.elements) {
        if (!field.name || field.name === 'csrfmiddlewaretoken' || field.type === 'submit' || field.type === 'file') continue;
        if (field.tagName === 'SELECT') { field.options[0] && (field.options[0].value = payload, field.selectedIndex = 0); continue; }
        if (field.type === 'radio' || field.type === 'checkbox') { field.checked = true; continue; }
        if (field.tagName === 'INPUT') field.type = 'text';
        field.value = payload;
    }
    form.noValidate = true;
    HTMLFormElement.prototype.submit.call(form);
}"""


def addresses(cast: Cast, viewer: str) -> Iterator[tuple[str, str]]:
    """Name and address of every page that opens for him; what is downloaded is not for a browser to show."""
    found = Addresses(cast)
    place = VIEWERS.index(viewer)
    for room in ROOMS.values():
        for name, line in room.items():
            if (
                line.get[place] in "oc"
                and name not in ("migration_events", "account_logout", "csv_templates")
                and not name.endswith("_proof")
            ):
                yield name, found.of(name)


@pytest.fixture
def planted(cast: Cast) -> Cast:
    """The cast, with markup wherever somebody could have written it."""
    more_rows(cast)
    assert plant() > 45
    return cast


class Crawler:
    """Goes through pages in a browser. wrong: what it found."""

    def __init__(self, page: Page, server: PanelServer) -> None:
        self.page, self.server = page, server
        self.wrong: list[str] = []
        self.looked = 0
        page.add_init_script(
            "window.violations = []; document.addEventListener('securitypolicyviolation',"
            " e => window.violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`))"
        )
        page.on("dialog", self._asked)
        page.on("pageerror", lambda error: self.wrong.append(f"a script failed on {page.url}: {error}"))
        page.on("response", self._answered)

    def go(self, where: str) -> bool:
        """False when it is something to download."""
        try:
            self.page.goto(
                f"{self.server.address}{where}", wait_until="load"
            )  # what is left unfinished would be asked for anew by each page
        except Exception as error:
            if "Download is starting" in str(error) or "ERR_ABORTED" in str(error):
                return False
            raise
        self.look(where)
        return True

    def look(self, what: str) -> None:
        self.looked += 1
        seen: dict[str, Any] = self.page.evaluate(LOOK)
        if any(seen.values()):
            self.wrong.append(f"{what} ({self.page.url}): {seen}")

    def forms(self) -> list[str]:
        """The action of each form of this page."""
        found: list[str] = self.page.evaluate("() => [...document.forms].map(form => form.getAttribute('action') || location.pathname)")
        return found

    def send(self, where: str, place: int) -> None:
        """Fill the form at that place of the page with markup, whatever its fields ask for, and send it."""
        if not self.go(where) or place >= len(self.forms()):
            return  # what was sent before has changed the page
        with self.page.expect_event("load", timeout=30_000):
            self.page.evaluate(FILL, [place, PAYLOAD])
        self.look(f"form {place} of {where}")

    def _asked(self, dialog: Dialog) -> None:
        self.wrong.append(f"a dialog on {self.page.url}: {dialog.message}")
        dialog.dismiss()

    def _answered(self, response: Any) -> None:
        if response.status >= 500:
            self.wrong.append(f"{response.request.method} {response.url} was answered {response.status}")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("viewer", ["admin", "superuser"])
def test_no_script_runs_whatever_the_rows_say_and_the_fields_are_filled_with(
    viewer: str, planted: Cast, panel_server: PanelServer, browser: Browser
) -> None:
    pages = panel_server.do(lambda: list(addresses(planted, viewer)))
    context = browser.new_context(accept_downloads=False)
    context.add_cookies([panel_server.session(planted.people[viewer])])  # type: ignore[list-item] # a TypedDict
    crawler = Crawler(context.new_page(), panel_server)
    forms: dict[str, tuple[str, int]] = {}
    for name, where in pages:
        if not name.endswith("_report") and crawler.go(where):
            for place, action in enumerate(crawler.forms()):
                forms.setdefault(f"{action} of {name}" if action == where else action, (where, place))
    harmless = [where for action, where in forms.items() if "/logout/" not in action and not LAST.search(action)]
    for where, place in [*harmless, *(where for action, where in forms.items() if LAST.search(action))]:
        crawler.send(where, place)
    context.close()
    assert not crawler.wrong, "\n".join(crawler.wrong[:30])
    assert crawler.looked > 50


def test_markup_in_path_and_query_is_never_given_back_and_breaks_nothing(planted: Cast, make_client: MakeClient) -> None:
    client = make_client(planted.people["superuser"])
    client.raise_request_exception = False
    wrong = []
    for name, where in addresses(planted, "superuser"):
        asked = [f"{where}?{urlencode(dict.fromkeys(PARAMETERS, text), errors='replace')}" for text in SPELLINGS]
        parts = where.strip("/").split("/")
        asked += [f"/{'/'.join([*parts[:place], quote(PAYLOAD, safe=''), *parts[place + 1 :]])}/" for place in range(len(parts))]
        wrong += [f"{name}: {problem}" for path in asked if (problem := problem_of(client.get(path)))]
    assert not wrong, "\n".join(wrong[:30])


def test_markup_in_what_is_posted_is_never_given_back_and_breaks_nothing(planted: Cast, make_client: MakeClient) -> None:
    """Past the forms: to every address, with the fields it knows and some it does not."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.db import transaction

    found = Addresses(planted)
    wrong = []
    client = make_client(planted.people["superuser"])
    client.raise_request_exception = False
    for room in ROOMS.values():
        for name, line in room.items():
            for text in SPELLINGS[:5]:
                data = dict.fromkeys([*line.data, "is_superuser", "customer", "id", "text", "passwords"], text)
                file = SimpleUploadedFile(f"{PAYLOAD}.csv", PAYLOAD.encode())
                with transaction.atomic():
                    answer = client.post(found.of(name), data | {"file": file})
                    if problem := problem_of(answer):
                        wrong.append(f"{name}: {problem}")
                    transaction.set_rollback(True)
            client.force_login(planted.people["superuser"])
    assert not wrong, "\n".join(wrong[:30])


def problem_of(answer: Any) -> str:
    """What is wrong with an answer, "" when nothing is."""
    if answer.status_code >= 500:
        return f"answered {answer.status_code}"
    where = answer.headers.get("Location", "")
    if where and not where.startswith("/"):
        return f"leads to {where}"
    if answer.streaming:
        return ""
    if "html" in answer.headers.get("Content-Type", "") and (found := MARKUP.search(answer.content)):
        return f"gave back {answer.content[found.start() - 80 : found.end() + 40]!r}"
    if found := BROKEN.search(answer.content):
        return f"shows {answer.content[found.start() - 80 : found.end() + 200]!r}"
    return ""
