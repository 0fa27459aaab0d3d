"""The documentation builds strictly, and the site needs nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.documentation import ROOT, build

_FETCHED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href|srcset)=\"(?:https?:)?//[^\"]*\"")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of it, built."""
    directory = tmp_path_factory.mktemp("documentation") / "site"
    assert build(ROOT, directory) == ""
    return directory


def test_the_site_has_every_page(site: Path) -> None:
    pages = [path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")]
    assert [str(page) for page in pages if not (site / "docs" / page).is_file()] == []
    for name in ("ARCHITECTURE", "CONTRIBUTING", "CHANGELOG", "index"):
        assert (site / f"{name}.html").is_file()


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert _FETCHED.findall(page.read_text("utf-8")) == [], page.name
    for sheet in site.rglob("*.css"):
        assert re.findall(r"url\(['\"]?(?:https?:)?//|@import", sheet.read_text("utf-8")) == [], sheet.name


def test_the_path_of_this_machine_is_nowhere_in_it(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert str(ROOT) not in page.read_text("utf-8"), page.name


@pytest.mark.slow
def test_a_broken_link_an_anchor_that_is_gone_and_a_page_in_no_list_are_failures(tmp_path: Path) -> None:
    docs = tmp_path / "sources" / "docs"
    docs.mkdir(parents=True)
    (docs / "index.md").write_text("# Top\n\n[gone](gone.md), [moved](other.md#moved)\n\n```{toctree}\nother\n```\n", "utf-8")
    (docs / "other.md").write_text("# Other\n", "utf-8")
    (docs / "orphan.md").write_text("# Orphan\n\n![lost](pictures/lost.png)\n", "utf-8")
    wrong = build(tmp_path / "sources", tmp_path / "site")
    assert "gone.md" in wrong
    assert "moved" in wrong
    assert "pictures/lost.png" in wrong
    assert re.search(r"orphan\.md.*document isn't included in any toctree", wrong)


def test_the_readme_leads_to_every_page() -> None:
    """A code host shows no list of pages but this."""
    readme = (ROOT / "README.md").read_text("utf-8")
    pages = [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")]
    of_the_lists = {"docs/index.md"}
    assert [page for page in pages if f"({page})" not in readme and page not in of_the_lists and "/adr/0" not in page] == []
