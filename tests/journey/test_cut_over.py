"""The MX records on the page of a migration, from the advice before to the last sentence: in a browser, on a phone, in the dark."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fix_name_servers import NameServers
from tests.fix_panel_server import PanelServer
from tests.panel.test_mx_records import HOUR, NEW, OLD, change, look
from trasloco.records.key_ring import KeyRing
from trasloco.testing.planned_migration import Order, planned
from trasloco.testing.run_states import begin, set_states

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators"),  # as project.asgi does
]

ACCOUNTS = (("anna@old.example", "anna", "secret"), ("bruno@second.example", "bruno", "secret"))
WORLD = {("second.example", "NS"): ["ns1.dns.example."]}


def _dark(page: Page, name: str) -> None:
    """One more picture, where they are wanted."""
    wanted = os.environ.get("TRASLOCO_PICTURES", "")
    if wanted:
        usual = page.viewport_size
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=str(Path(wanted) / f"{name}-dark.png"), full_page=True, animations="disabled")
        if usual is not None:
            page.set_viewport_size(usual)
        page.emulate_media(color_scheme="light")


def _planned(ring: KeyRing) -> Any:
    from trasloco.records.clock import now

    begins = (now() + 30 * HOUR).isoformat()
    order = Order(ACCOUNTS, second_minutes=23 * 60, second_when="mx", quiet_hours=3, mx_hosts=("mx.new.example",), first_run_at=begins)
    return planned(ring, order)


@pytest.mark.timeout(300)
def test_the_day_of_the_change(
    panel_server: PanelServer,
    browser: Browser,
    ring: KeyRing,
    picture: Callable[[Page, str], None],
    name_servers: NameServers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from django.conf import settings

    from trasloco.records.cut_over import set_latest_hours

    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    both = {**OLD, ("second.example", "MX"): ["10 mx.second.example."]}
    _, zones = name_servers({**both, **WORLD}, both, world=WORLD)
    do = panel_server.do
    migration = do(_planned, ring)
    do(look, migration)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=panel_server.address)
    context.add_cookies([panel_server.session(do(lambda: migration.asked_by))])  # type: ignore[list-item] # a mapping of these
    page = context.new_page()
    page.goto(f"/migrations/{migration.code}/")
    expect(page.get_by_text("Lower its time to live (TTL) to 5 minutes before")).to_have_count(2)
    picture(page, "mx-before")

    do(lambda: set_states(begin(migration), ["completed"] * 2))
    do(set_latest_hours, do(_now))
    page.reload()
    expect(page.get_by_text("Change it from mx.old.example to mx.new.example.")).to_be_visible()
    picture(page, "mx-change-now")
    _dark(page, "mx-change-now")

    change(*zones)
    zones[0].records[("second.example", "MX")] = NEW
    zones[1].failing.add("old.example")
    do(look, migration)
    page.reload()
    expect(page.get_by_text("it says SERVFAIL")).to_be_visible()
    picture(page, "mx-changed-in-part")

    page.goto(f"/migrations/{migration.code}/runs/2/date/")
    page.get_by_label("at a fixed hour").check()
    expect(page.get_by_label("Date and time")).to_be_visible()
    expect(page.get_by_label("And in any case")).to_be_hidden()
    page.get_by_label("when the MX records have changed and the old ones have run out").check()
    expect(page.get_by_label("Date and time")).to_be_hidden()
    picture(page, "second-run-by-mx")

    page.goto(f"/migrations/new/{do(_draft, migration)}/when/")
    expect(page.get_by_label("Which hour")).to_be_visible()
    page.get_by_label("when the MX records have changed and the old ones have run out").check()
    expect(page.get_by_label("Which hour")).to_be_hidden()
    picture(page, "when-by-mx")
    _dark(page, "when-by-mx")
    context.close()


def _draft(migration: Any) -> str:
    from trasloco.records.drafts import start_draft
    from trasloco.records.history import Actor

    return start_draft(Actor(migration.asked_by), migration.customer, "standard", "off").code


def _now() -> Any:
    from trasloco.records.clock import now

    return now()
