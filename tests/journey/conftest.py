"""Each page is looked at on a phone as well, and by axe-core; pictures on request: TRASLOCO_PICTURES names the directory they land in."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journey.accessibility import barriers

expect.set_options(timeout=30_000)  # milliseconds: a busy machine is no failure

PHONE = {"width": 390, "height": 844}
_TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((element) => element.outerHTML.slice(0, 100))"""


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Fails when the page does not fit on a phone, or keeps people out; keeps what it shows under that name when pictures are
    wanted."""
    wanted = os.environ.get("TRASLOCO_PICTURES", "")

    def keep(page: Page, name: str) -> None:
        page.wait_for_load_state()
        usual = page.viewport_size
        assert usual is not None
        page.set_viewport_size(PHONE)  # type: ignore[arg-type] # a mapping of these two
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            raise AssertionError(f"{name} is wider than a phone: {page.evaluate(_TOO_WIDE)[:5]}")
        found = barriers(page)
        page.set_viewport_size(usual)
        found += barriers(page)
        assert found == [], f"{name} keeps people out"
        if wanted:
            Path(wanted).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(wanted) / f"{name}.png"), full_page=True, animations="disabled")

    return keep
