"""What comes by itself disturbs nobody: focus, scroll and what was opened stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journey import steps
from tests.journey.steps import PATIENCE
from trasloco.testing.planned_migration import Order, plan_in
from trasloco.testing.service import Service

pytestmark = pytest.mark.slow


@pytest.mark.timeout(600)
def test_focus_scroll_and_opened_words_outlive_a_refresh(service: Service, browser: Browser) -> None:
    accounts = tuple((f"a{n}@example.net", f"a{n}@example.org", "password") for n in range(1, 41))
    with steps.window(browser, service) as page:
        steps.make_superuser(page, service.first_link)
        begins = (datetime.now(UTC) + timedelta(seconds=20)).isoformat()
        code = plan_in(service.state, Order(accounts=accounts, source=("127.0.0.1", 1), first_run_at=begins))
        page.goto(f"/migrations/{code}/")
        expect(page.get_by_text("Nothing has to be done until then")).to_be_visible()
        _begin(page)
        page.locator('[name="q"]').fill("half typed")
        page.locator("#filter-all").focus()
        page.evaluate("window.scrollTo(0, 400)")
        height = page.evaluate("window.scrollY")
        # It came by itself: under way, or over already where the machine is quick.
        expect(page.get_by_text("Nothing has to be done until then")).to_have_count(0, timeout=PATIENCE)
        assert page.evaluate("document.activeElement.id") == "filter-all"
        assert page.evaluate("window.scrollY") == height
        assert page.locator('[name="q"]').input_value() == "half typed"

        # Nobody listens on port 1: each account fails, and says in whose words.
        first = page.locator("details[id^=words-]").first
        first.locator("summary").click(timeout=PATIENCE)
        opened = first.get_attribute("id")
        page.evaluate("document.querySelector('#accounts table').dataset.seen = 'yes'")
        other = page.context.new_page()
        other.goto(f"/migrations/{code}/")
        other.get_by_role("link", name="a2@example.net", exact=True).click()
        other.get_by_role("button", name="Try this account again").click()
        expect(page.locator("#accounts table[data-seen]")).to_have_count(0, timeout=PATIENCE)
        assert page.evaluate(f"document.getElementById('{opened}').open"), "it was swapped, and is still open"


def _begin(page: Page) -> None:
    """What the events of a first run would say: the chart appears on a page that was opened before it."""
    expect(page.locator("#chart-card")).to_be_hidden()
    for done in (10, 20):
        page.evaluate(f"document.dispatchEvent(new CustomEvent('trasloco:figures', {{detail: {{run: 1, done: {done}, expected: 100}}}}))")
        page.wait_for_timeout(2100)  # nearer to each other two are one
    expect(page.locator("#chart canvas")).to_be_visible()
