"""A real browser: Chromium, driven by Playwright, with a new profile for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from trasloco.testing.chromium import Chromium
from trasloco.testing.packages import PackagesUnavailable


@pytest.fixture
def browser() -> Iterator[Browser]:
    """For one test only: Playwright's event loop must not be running when an asynchronous test begins.

    Fetched at first use; where that is not possible the test is skipped and says why, in CI it fails.
    """
    try:
        found = Chromium.obtain()
    except PackagesUnavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"needs Chromium: {error}")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found.program, args=list(found.arguments), env={**found.environment})
        yield launched
        launched.close()
