"""Every page of the manual in the panel, on a phone in the dark and wide in the light: nobody is kept out, nothing is too wide."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.fix_panel_server import PanelServer
from tests.fix_people import Cast
from tests.journey.accessibility import barriers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators"),  # as project.asgi does
]

LOOKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("it", {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}),
    ("en", {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}),
)
_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("language", "look"), LOOKS, ids=["phone-dark-italian", "wide-light-english"])
def test_every_page_can_be_read_by_everybody(
    panel_server: PanelServer, cast: Cast, browser: Browser, language: str, look: dict[str, Any]
) -> None:
    from trasloco.documents.manual_page import FOR_EVERYBODY, FOR_OPERATORS, pages

    panel_server.do(_speaks, cast.people["superuser"], language)
    context = browser.new_context(base_url=panel_server.address, **look)
    context.add_cookies([panel_server.session(cast.people["superuser"])])  # type: ignore[list-item] # a TypedDict
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    wrong = []
    for name in ("", *(f"{name}/" for name, _language in pages(FOR_EVERYBODY + FOR_OPERATORS, language))):
        page.goto(f"/manual/{name}")
        wrong += [f"{name}: {words}" for words in barriers(page)]
        if page.evaluate(_TOO_WIDE):
            wrong.append(f"{name} is too wide")
        if kept := os.environ.get("TRASLOCO_PICTURES"):
            page.screenshot(path=str(Path(kept) / f"manual-{name.strip('/') or 'contents'}-{language}.png"))
    context.close()
    assert not wrong, "\n".join(wrong)
    assert complaints == []


def _speaks(person: Any, language: str) -> None:
    type(person).objects.filter(pk=person.pk).update(language=language)
