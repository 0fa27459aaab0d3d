"""What axe-core finds on a page that keeps people out of it: rules of WCAG 2.2, levels A and AA."""

from __future__ import annotations

from importlib import resources
from typing import Any

from playwright.sync_api import Page

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_RUN = "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"


def barriers(page: Page) -> list[str]:
    """Each serious or critical one in a line: the rule, what it says, and the first elements it is about."""
    page.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found: dict[str, Any] = page.evaluate(_RUN, _TAGS)
    return [
        f"{item['id']}: {item['help']}: {[node['html'][:160] for node in item['nodes'][:3]]}"
        for item in found["violations"]
        if item["impact"] in ("serious", "critical")
    ]
