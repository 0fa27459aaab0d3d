"""A migration of 500 accounts of which 60 failed in 8 ways, in the browser: wide and narrow, light and dark, and while it moves."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fix_panel_server import PanelServer
from tests.journey.accessibility import barriers
from trasloco.testing.crowd import FAILURES, crowd

Make = Callable[..., Any]

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
MOST_BYTES = 200_000
PATIENCE = 60_000  # milliseconds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators"),  # as project.asgi does
]


@pytest.fixture
def crowded(panel_server: PanelServer, make_migration: Make) -> Any:
    """Under way, with 500 accounts."""
    migration = panel_server.do(make_migration, accounts=500)
    panel_server.do(crowd, migration)
    return migration


@pytest.fixture
def page(panel_server: PanelServer, crowded: Any, browser: Browser) -> Iterator[Page]:
    """Signed in as the operator; closed before the database is emptied, which no event loop may see. Nothing may be
    complained of: no script that fails, nothing the policy forbids."""
    complaints: list[str] = []
    context = browser.new_context(base_url=panel_server.address, viewport=WIDE, locale="en-GB")  # type: ignore[arg-type] # a TypedDict
    context.add_cookies([panel_server.session(crowded.asked_by)])  # type: ignore[list-item] # a TypedDict
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    yield page
    context.close()
    # A test that cuts the events off is told so by the browser.
    assert [words for words in complaints if "ERR_FAILED" not in words] == []


def square(page: Page, number: int) -> Any:
    return page.locator("#field a").nth(number - 1)


def test_it_is_one_look_wide_and_narrow_light_and_dark(page: Page, crowded: Any) -> None:
    answer = page.goto(f"/migrations/{crowded.code}/")
    assert answer is not None
    assert len(answer.body()) < MOST_BYTES
    expect(page.locator("#field a")).to_have_count(500)
    expect(page.locator("#field a.f")).to_have_count(60)
    expect(page.locator("#legend [data-letter=f]")).to_contain_text("failed 60")
    expect(page.get_by_text("60 of 500 accounts have failed.")).to_be_visible()
    expect(page.locator(".troubles > li")).to_have_count(len(FAILURES) + 2)  # and those with errors, and those that are tried again
    expect(page.locator("#chart canvas")).to_be_visible()
    expect(page.locator("#completeness h2")).to_be_visible()
    _looked_at(page, "crowd")


def test_a_square_is_a_link_with_a_name_and_arrows_lead_on(page: Page, crowded: Any) -> None:
    page.goto(f"/migrations/{crowded.code}/")
    domain = crowded.domains[0]
    expect(square(page, 1)).to_have_accessible_name(f"a1@{domain}, running")
    expect(square(page, 2)).to_have_accessible_name(f"a2@{domain}, failed")
    assert page.locator("#field a[tabindex='0']").count() == 1, "one stop for the Tab key"
    square(page, 1).focus()
    page.keyboard.press("ArrowRight")
    expect(square(page, 2)).to_be_focused()
    page.keyboard.press("End")
    expect(square(page, 500)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    expect(square(page, 1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    place = page.evaluate("[...document.querySelectorAll('#field a')].indexOf(document.activeElement)")
    assert 20 < place < 60, "the square below"
    square(page, 2).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/**")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"a2@{domain}")
    expect(page.get_by_text("Check the user name").first).to_be_visible()  # from the account to the remedy: one click


def test_from_every_failing_account_to_its_remedy_in_two_clicks(page: Page, crowded: Any) -> None:
    for place, (side, code, _) in enumerate(FAILURES):  # they fail in turn
        page.goto(f"/migrations/{crowded.code}/")
        _to_the_remedy(page, place, side, code)


def _to_the_remedy(page: Page, place: int, side: str, code: str) -> None:
    failing = page.locator("#field a.f").nth(place)
    name = failing.get_attribute("aria-label")
    assert name is not None
    failing.click()
    page.wait_for_url("**/accounts/**")
    remedy = page.locator("#live .notice.bad p").first.inner_text()
    expect(page.get_by_role("heading", level=1)).to_have_text(name.removesuffix(", failed"))
    page.locator("#group").click()
    page.wait_for_url(f"**/failures/failed-{side}-{code}/")
    expect(page.get_by_text(remedy)).to_be_visible()
    expect(page.locator(f"#try-failed-{side}-{code}")).to_be_visible()
    expect(page.locator("#keep-passwords")).to_have_count(1 if code == "login-refused" else 0)
    expect(page.locator(".steps-there li")).to_have_count(1 if code == "imap-switched-off" else 0)
    expect(page.locator("#accounts")).to_contain_text(name.removesuffix(", failed"))


def test_the_pages_behind_it_are_of_the_same_look(page: Page, crowded: Any) -> None:
    for part in ("failures/failed-source-login-refused/", "failures/failed-source-login-refused/leave-out/", "messages/copied/"):
        page.goto(f"/migrations/{crowded.code}/{part}")
        _looked_at(page, part.strip("/").replace("/", "-"))


def test_other_passwords_are_given_where_they_fail(page: Page, panel_server: PanelServer, crowded: Any) -> None:
    page.goto(f"/migrations/{crowded.code}/failures/failed-source-login-refused/")
    lines = page.get_by_label("Write the passwords into these lines")
    expect(lines).to_have_value(re.compile(rf"^a2@{crowded.domains[0]};.*;\"\""))
    with page.expect_download() as taken:
        page.locator("#lines").click()
    assert Path(taken.value.path()).read_text("utf-8-sig").count('""') == 8
    lines.fill(lines.input_value().replace('""', "new password", 2).replace("old.example", "new.example", 1))
    page.locator("#keep-passwords").click()
    expect(page.get_by_text("This is not the login that is known of this account.")).to_be_visible()
    lines.fill(lines.input_value().replace("new.example", "old.example", 1))
    page.locator("#keep-passwords").click()
    expect(page.get_by_text("2 passwords were kept; their logins are tried now.")).to_be_visible()
    expect(page.get_by_text("being checked")).to_have_count(2)
    panel_server.do(_refuse_again, crowded)
    expect(page.get_by_text("does not work either")).to_have_count(2, timeout=PATIENCE)


def test_what_is_left_out_fails_no_more(page: Page, crowded: Any) -> None:
    page.goto(f"/migrations/{crowded.code}/")
    page.locator("#leave-failed-source-connection-refused").click()
    page.get_by_role("button", name="Leave 8 accounts out").click()
    page.wait_for_url(f"**/migrations/{crowded.code}/")
    expect(page.get_by_text("52 of 500 accounts have failed.")).to_be_visible()
    expect(page.locator("#legend [data-letter=l]")).to_contain_text("left out 8")


def test_what_moves_is_shown_without_a_reload(page: Page, panel_server: PanelServer, crowded: Any) -> None:
    page.goto(f"/migrations/{crowded.code}/")
    page.evaluate("window.here = true")
    expect(square(page, 1)).to_have_text("●")
    panel_server.do(_complete, crowded, 1)
    expect(square(page, 1)).to_have_text("✓", timeout=PATIENCE)
    expect(square(page, 1)).to_have_accessible_name(f"a1@{crowded.domains[0]}, completed")
    expect(page.locator("#legend [data-letter=c]")).to_contain_text("206", timeout=PATIENCE)
    expect(page.locator(".run .big").first).to_contain_text("280 of 500 accounts", timeout=PATIENCE)  # and the rest of the page
    assert page.evaluate("window.here") is True


def test_where_events_do_not_pass_figures_are_asked_for(page: Page, panel_server: PanelServer, crowded: Any) -> None:
    page.route("**/events/", lambda route: route.abort())
    page.goto(f"/migrations/{crowded.code}/")
    panel_server.do(_complete, crowded, 1)
    expect(square(page, 1)).to_have_text("✓", timeout=PATIENCE)


def test_five_windows_cost_one_look_a_second(panel_server: PanelServer, crowded: Any, browser: Browser) -> None:
    from trasloco.panel.views import live_figures

    cookie = panel_server.session(crowded.asked_by)
    contexts = [browser.new_context(base_url=panel_server.address) for _ in range(5)]
    streams = []
    for context in contexts:
        context.add_cookies([cookie])  # type: ignore[list-item] # a TypedDict
        window = context.new_page()
        with window.expect_response("**/events/") as answered:
            window.goto(f"/migrations/{crowded.code}/")
        streams.append(answered.value)
    assert [answer.status for answer in streams] == [200] * 5
    looked, seconds = live_figures.SHARED.taken, 5
    contexts[0].pages[0].wait_for_timeout(seconds * 1000)
    assert live_figures.SHARED.taken - looked <= (seconds + 1) / 0.9 + 1, "as one window alone"
    for context in contexts:
        context.close()


def _looked_at(page: Page, name: str) -> None:
    """In both widths and both colours: nothing sticks out, nobody is kept out. Pictures where they are wanted: TRASLOCO_PICTURES."""
    wanted = os.environ.get("TRASLOCO_PICTURES", "")
    for size in (WIDE, NARROW):
        for colours in ("light", "dark"):
            page.set_viewport_size(size)  # type: ignore[arg-type] # a TypedDict
            page.emulate_media(color_scheme=colours, reduced_motion="reduce")
            page.wait_for_timeout(300)  # colours fade
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, size, colours)
            assert barriers(page) == [], (name, size, colours)
            if wanted:
                page.screenshot(path=Path(wanted) / f"{name}-{size['width']}-{colours}.png")


def _refuse_again(migration: Any) -> None:
    """As a worker does with a password that is wrong too."""
    from trasloco.records.clock import now
    from trasloco.records.models import LoginCheck

    result = {"ok": False, "code": "login-refused", "words": "the server says “no”", "server": ""}
    waiting = LoginCheck.objects.filter(account__migration=migration, state="waiting")
    waiting.update(state="failed", source=result, ended_at=now(), retry=False)


def _complete(migration: Any, line: int) -> None:
    from trasloco.records.models import Transfer

    found = Transfer.objects.filter(run__migration=migration, account__line=line)
    found.update(status="completed", done_messages=900)
