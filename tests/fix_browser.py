"""A real browser: Chromium, driven by Playwright, with a new profile for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from trasloco.testing.chromium import Chromium


@pytest.fixture
def browser() -> Iterator[Browser]:
    """For one test only: Playwright's event loop must not be running when an asynchronous test begins."""
    found = Chromium.obtain()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found.program, args=list(found.arguments), env={**found.environment})
        yield launched
        launched.close()
