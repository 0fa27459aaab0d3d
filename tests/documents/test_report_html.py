from __future__ import annotations

import functools
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from tests.fix_languages import EnglishTexts, Visible
from tests.project.sample_report import folder, run, sample_report
from trasloco.documents.report_html import html_report

pytestmark = pytest.mark.usefixtures("database")  # its language needs Django to be set up


@functools.cache
def sample_page() -> str:
    return html_report(sample_report(), datetime(2026, 11, 24, 9, 5, tzinfo=UTC))


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_what_strangers_wrote_stays_text() -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in sample_page()
    assert "\x1b" not in sample_page()
    assert not {"script", "img", "iframe", "link", "object"} & {tag for tag, _ in Tags(sample_page()).tags}


def test_nothing_is_loaded_from_anywhere() -> None:
    for tag, attributes in Tags(sample_page()).tags:
        assert not any(name in attributes for name in ("src", "srcset", "style", "onclick")), tag
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in sample_page()
    assert "@import" not in sample_page()


def test_everything_is_said() -> None:
    assert "24 November 2026, 09:05 UTC" in sample_page()
    assert "2 of 4 accounts need attention" in sample_page()
    assert "1 account did not come to its end: mail of it that was not reached is in none of these figures." in sample_page()
    assert "larger than 50 MiB" in sample_page()
    assert "Trash is left out (named &quot;Papierkorb&quot;)" in sample_page()
    assert "could not sign in" in sample_page()
    assert "60 messages with changed flags brought up to date." in sample_page()
    assert "2 folders without news." in sample_page()
    assert "Old server 192.0.2.7:993: its certificate was not verified; exactly this one was accepted, SHA-256 abab" in sample_page()
    assert "Old server 192.0.2.8:143: the connection was not encrypted." in sample_page()
    assert "New server" not in sample_page()


def test_links_lead_somewhere() -> None:
    tags = Tags(sample_page()).tags
    ids = {attributes.get("id") for _, attributes in tags}
    assert {(attributes["href"] or "")[1:] for tag, attributes in tags if tag == "a"} <= ids


def test_a_good_end_is_said_first() -> None:
    account = {"source": "a@b", "destination": "a@b", "runs": [run(1, "completed", [folder("INBOX", "INBOX", copied=5)])]}
    page = html_report({"migration": "m", "accounts": [account]})
    assert "All mail is there: 5 messages, each with its stated fate" in page
    assert "What needs attention" not in page


def test_what_a_rule_left_out_is_said_in_the_same_breath() -> None:
    folders = [folder("INBOX", "INBOX", copied=5), folder("Trash", "", skipped=2)]
    account = {"source": "a@b", "destination": "a@b", "runs": [run(1, "completed", folders)]}
    page = html_report({"migration": "m", "accounts": [account]})
    assert "All mail is there but 2 messages that were left out by a rule" in page


def test_it_is_in_the_active_language(english: EnglishTexts) -> None:
    from django.utils import translation

    with translation.override("it"):
        page = Visible(html_report(sample_report(), datetime(2026, 11, 24, 9, 5, tzinfo=UTC)))
    assert page.language == "it"
    assert english.shown_in(page.text) == []
    assert "2 caselle su 4 richiedono attenzione" in page.text
    assert "24 Novembre 2026, 09:05 UTC" in page.text
