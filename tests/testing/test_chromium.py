"""The browser of the tests: it starts, shows what it is given, and has letters for it."""

from __future__ import annotations

from playwright.sync_api import Browser


def test_it_shows_a_page(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<h1>Büro ✓ Проекты</h1>")
    assert page.get_by_role("heading").inner_text() == "Büro ✓ Проекты"


def test_it_has_a_font_for_the_letters_and_signs_of_the_panel(browser: Browser) -> None:
    """Without any font every sign is as wide as every other: nothing at all."""
    page = browser.new_page()
    page.set_content("".join(f"<span>{sign}</span>" for sign in "iW✓✗●"))
    widths = page.evaluate("[...document.querySelectorAll('span')].map((sign) => sign.getBoundingClientRect().width)")
    assert all(width > 1 for width in widths)
    assert widths[0] < widths[1]


def test_it_forgets_everything_between_two_tests(browser: Browser) -> None:
    assert browser.contexts == []
