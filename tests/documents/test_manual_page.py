from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("database")  # languages and addresses need Django to be set up

DOCS = Path(__file__).parents[2] / "docs"
LANGUAGES = ("en", "it")


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    from django.utils import translation

    with translation.override(request.param):
        yield request.param


def every_page(language: str) -> dict[str, str]:
    from trasloco.documents.manual_page import FOR_EVERYBODY, FOR_OPERATORS, manual_page, pages
    from trasloco.panel.log_titles import log_title

    return {name: manual_page(name, language, log_title).html for name, _language in pages(FOR_EVERYBODY + FOR_OPERATORS, language)}


@pytest.mark.parametrize("page", ["errors", "log"])
def test_every_code_has_its_anchor_with_its_title_in_the_persons_language(language: str, page: str) -> None:
    from trasloco.documents.manual_page import manual_page
    from trasloco.panel.log_titles import log_title

    found = manual_page(page, language, log_title)
    assert found.language == language
    codes = re.findall(r"^### `([^`]+)`$", (DOCS / f"{page}.md").read_text("utf-8"), re.MULTILINE)
    assert codes
    for code in codes:
        assert f'<h3 id="{code}">{log_title(code)} <code>{code}</code></h3>' in found.html.replace("&#x27;", "'")


def test_links_lead_to_pages_and_anchors_that_are_there(language: str) -> None:
    pages = every_page(language)
    for name, html in pages.items():
        for target in re.findall(r'href="([^"]+)"', html):
            if target.startswith("https://"):
                continue
            page, _, anchor = target.partition("#")
            other = page.removeprefix("/manual/").strip("/") or name
            assert other in pages, f"{name} links to {target}"
            assert not anchor or f'id="{anchor}"' in pages[other], f"{name} links to {target}"


def test_no_link_leads_where_its_reader_may_not_go(language: str) -> None:
    from trasloco.documents.manual_page import FOR_EVERYBODY, FOR_OPERATORS

    pages = every_page(language)
    everybodys = "".join(pages[name] for name in FOR_EVERYBODY if name in pages)
    assert [name for name in FOR_OPERATORS if f'href="/manual/{name}/' in everybodys] == []


def test_a_link_is_called_as_the_page_it_leads_to() -> None:
    from trasloco.documents.manual_page import manual_page

    page = manual_page("errors", "en", str).html
    assert '<a href="/manual/pacing/">Pace: hours, bytes of a day, rates, connections, shares</a>' in page
    assert ".md</a>" not in page


def test_nothing_is_fetched_from_anywhere_and_nothing_runs(language: str) -> None:
    for name, html in every_page(language).items():
        assert not re.findall(r"<(?:img|script|link|iframe|style)|\son\w+=|\sstyle=", html), name


def test_a_page_that_is_not_translated_is_there_in_english() -> None:
    from trasloco.documents.manual_page import manual_page

    assert manual_page("pacing", "it", str).language == "en"


@pytest.mark.parametrize("name", ["nothing", "index", "benchmarks", "it/errors", ".."])
def test_what_is_no_page_of_the_manual_cannot_be_had(name: str) -> None:
    from trasloco.documents.manual_page import manual_page

    with pytest.raises(LookupError):
        manual_page(name, "en", str)


def test_every_translated_page_has_the_headings_of_its_original() -> None:
    translated = list((DOCS / "it").glob("*.md"))
    assert translated
    for page in translated:
        levels = [re.findall(r"^#+ ", text, re.MULTILINE) for text in (page.read_text("utf-8"), (DOCS / page.name).read_text("utf-8"))]
        assert levels[0] == levels[1], page.name


def test_every_page_has_a_title_in_the_contents_and_no_other() -> None:
    from trasloco.documents.manual_page import FOR_EVERYBODY, FOR_OPERATORS
    from trasloco.panel.manual_titles import MANUAL_TITLES

    assert set(MANUAL_TITLES) == {*FOR_EVERYBODY, *FOR_OPERATORS}
