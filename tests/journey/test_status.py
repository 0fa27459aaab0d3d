"""The page Status in the browser: it changes by itself, and fits wide and narrow, light and dark."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fix_panel_server import PanelServer
from tests.journey.accessibility import barriers
from trasloco.testing.run_states import begin, set_states

Make = Callable[..., Any]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators"),  # as project.asgi does
]

LOOKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("wide-light", {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}),
    ("wide-dark", {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"}),
    ("narrow-light", {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"}),
    ("narrow-dark", {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}),
)


def busy(make_migration: Make, process: Make) -> Any:
    """Something in each table, and something wrong; the operator."""
    from trasloco.records.clock import now
    from trasloco.records.models import HostPace, Run, RunPace

    migration = make_migration(accounts=40)
    run = begin(migration)
    set_states(run, ["running"] * 10 + ["waiting"] * 30)
    Run.objects.filter(pk=run.pk).update(started_at=now() - timedelta(minutes=50))
    run.transfers.filter(account__line__gt=35).update(not_before=now() + timedelta(hours=2), failure_code="day-budget")
    run.transfers.filter(account__line__in=(34, 35)).update(not_before=now() + timedelta(minutes=9), failure_code="connection-timeout")
    for minutes in range(20, 0, -1):
        done = (20 - minutes) * 1234
        RunPace.objects.create(run=run, at=now() - timedelta(minutes=minutes), done=done, expected=90_000, size=done * 70_000, finished=0)
    said = {"words": "NO [LIMIT] Too many simultaneous connections. (Failure)", "signalled_at": now() - timedelta(minutes=3)}
    host = run.transfers.first().source_host
    HostPace.objects.create(host=host, connections=3, bytes_per_second=524288, changed_at=now(), **said)
    process(machine="mover-1", pid=2041, concurrency=20)
    process(machine="mover-1", pid=2042, concurrency=20, draining_at=now())
    process(machine="mover-2.example.net", pid=2041, seen_at=now() - timedelta(seconds=90))
    process(there=False, machine="mover-3", pid=977, seen_at=now() - timedelta(minutes=12))
    return migration.asked_by


def test_it_fits_and_keeps_nobody_out(panel_server: PanelServer, make_migration: Make, process: Make, browser: Browser) -> None:
    cookie = panel_server.session(panel_server.do(busy, make_migration, process))
    for name, look in LOOKS:
        context = browser.new_context(base_url=panel_server.address, locale="en-GB", **look)
        context.add_cookies([cookie])  # type: ignore[list-item] # a TypedDict
        page = context.new_page()
        page.goto("/status/")
        expect(page.locator("#status .notice.warn strong")).to_contain_text("has given no sign of life")
        expect(page.get_by_text("10 of 3 connections").first).to_be_visible()
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert barriers(page) == []
        _keep(page, f"status-{name}")
        context.close()


def test_it_changes_by_itself(panel_server: PanelServer, make_migration: Make, process: Make, browser: Browser) -> None:
    migration = panel_server.do(make_migration)
    context = browser.new_context(base_url=panel_server.address, locale="en-GB")
    context.add_cookies([panel_server.session(migration.asked_by)])  # type: ignore[list-item] # a TypedDict
    page = context.new_page()
    page.goto("/migrations/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Status").click()
    expect(page.get_by_text("No worker is alive")).to_be_visible()
    panel_server.do(process, machine="mover-1")
    expect(page.get_by_text("All is well")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("mover-1")).to_be_visible()
    context.close()


def _keep(page: Page, name: str) -> None:
    """When pictures are wanted."""
    if wanted := os.environ.get("TRASLOCO_PICTURES", ""):
        Path(wanted).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(wanted) / f"{name}.png"), full_page=True, animations="disabled")
