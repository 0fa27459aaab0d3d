"""Pictures on request: TRASLOCO_PICTURES names the directory they land in."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Keeps what the page shows under that name; does nothing when no pictures are wanted."""
    wanted = os.environ.get("TRASLOCO_PICTURES", "")

    def keep(page: Page, name: str) -> None:
        if wanted:
            Path(wanted).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(wanted) / f"{name}.png"), full_page=True, animations="disabled")

    return keep
