"""Through the panel of the demo in Chromium: the migration, an account, what a failure means; as a person would look."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

from tools.film.performance import Performance
from tools.film.reel import Reel

LOOK = 1400  # milliseconds a page stays
_STEPS = 6  # of a scrolling movement
_STEP = 70  # milliseconds


class Tour:
    """``walk()``: signs in, then films page after page onto the reel. bar: draws a title."""

    def __init__(self, page: Page, played: Performance, reel: Reel, bar: Bar) -> None:
        self._page, self._played, self._reel, self._bar = page, played, reel, bar

    def walk(self) -> None:
        page = self._page
        page.goto(f"{self._played.url}/account/login/")
        page.locator('[name="login"]').fill(self._played.email)
        page.locator('[name="password"]').fill(self._played.password)
        page.locator("main button[type=submit], .card button[type=submit]").first.click()
        page.wait_for_url("**/migrations/")
        self._look(LOOK)
        self._follow(page.locator("main tbody tr a").first)
        self._look(LOOK)
        self._scroll(page.locator("#accounts, main table").last)
        self._look(LOOK)
        self._follow(page.locator('main a[id^="account-"]').first)
        self._look(LOOK)
        self._scroll(page.locator("main table").last)
        self._look(2 * LOOK)

    def _follow(self, link: Locator) -> None:
        """The pointer is seen before the page changes."""
        link.scroll_into_view_if_needed()
        link.hover()
        self._look(400)
        link.click()
        self._page.wait_for_load_state()

    def _scroll(self, to: Locator) -> None:
        top = to.evaluate("element => Math.max(0, element.getBoundingClientRect().top + scrollY - 70)")
        begin = self._page.evaluate("scrollY")
        for step in range(1, _STEPS + 1):
            part = step / _STEPS
            eased = part * part * (3 - 2 * part)
            self._page.evaluate("y => scrollTo(0, y)", begin + (top - begin) * eased)
            self._look(_STEP)

    def _look(self, milliseconds: float) -> None:
        picture = self._page.screenshot(animations="disabled")
        self._reel.add(self._bar.draw(self._shown()), picture, milliseconds)

    def _shown(self) -> str:
        """The address, with the panel's usual port instead of the demo's chance one."""
        return self._page.url.replace(self._played.url, "http://127.0.0.1:8080")


class Bar:
    """Draws the upper edge of a window. Each title once."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._drawn: dict[str, bytes] = {}

    def draw(self, title: str) -> bytes:
        """As PNG."""
        if title not in self._drawn:
            self._page.evaluate("title => { document.getElementById('title').textContent = title; }", title)
            self._drawn[title] = self._page.locator("#bar").screenshot()
        return self._drawn[title]
