"""What is English on a page or in a mail that should be Italian."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from babel.messages.pofile import read_po

from tools.messages import SOURCES, po_file

SHORTEST = 12
"""Characters of an English text that is looked for: shorter ones may stand inside of Italian words."""

_BLANK = re.compile(r"%\(\w+\)[sd]|<[^>]+>|&\w+;")
_SHOWN = ("title", "alt", "placeholder", "aria-label", "data-label")


class Visible(HTMLParser):
    """What a person reads or hears of a page. language: of its ``html`` element."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._parts: list[str] = []
        self._silent = 0
        self.language = ""
        self.feed(page)
        self.text = " ".join(" ".join(self._parts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "html":
            self.language = dict(attrs).get("lang") or ""
        if tag in ("script", "style"):
            self._silent += 1
        self._parts += [value for name, value in attrs if name in _SHOWN and value]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._parts.append(data)


def _forms(text: object) -> list[str]:
    """One text, or that of one and that of several."""
    return [str(form) for form in text] if isinstance(text, tuple | list) else [str(text or "")]


class EnglishTexts:
    """Each English text that reads otherwise in Italian, as it may stand somewhere with its blanks filled in."""

    def __init__(self) -> None:
        with po_file(SOURCES, "it").open("rb") as file:
            catalog = read_po(file, locale="it")
        self._patterns: dict[str, re.Pattern[str]] = {}
        for message in catalog:
            for text, italian in zip(_forms(message.id), _forms(message.string), strict=True):
                self._take(text, italian)

    def _take(self, text: str, italian: str) -> None:
        parts = [" ".join(part.split()) for part in _BLANK.split(text)]
        if text != italian and max(map(len, parts)) > SHORTEST:
            self._patterns[text] = re.compile(r".{1,200}?".join(re.escape(part) for part in parts if part), re.DOTALL)

    def shown_in(self, text: str) -> list[str]:
        """Those that stand in the text. text: with single blanks between its words."""
        return [english for english, pattern in self._patterns.items() if pattern.search(text)]


@pytest.fixture(scope="session")
def english() -> EnglishTexts:
    return EnglishTexts()
