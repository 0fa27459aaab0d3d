"""The manual as the panel shows it: pages of ``manual/``, which is docs/ of the repository, as HTML without anything from elsewhere.

Who works without the Internet has every page that an error or a form leads to. Of links only those stay that lead to another
page of the manual, or to an address of the web; pictures, which show the panel itself, are left out. Needs Django to be set up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import pairwise

from django.urls import reverse
from markdown_it import MarkdownIt
from markdown_it.token import Token

Titles = Callable[[str], str]
FOR_EVERYBODY = ("cut-over", "csv", "sources", "providers", "gmail", "oauth", "pacing", "errors", "log", "proof", "quirks", "api")
FOR_OPERATORS = ("quick-start", "service", "operating", "metrics", "settings", "commands", "exit-codes", "reliability", "security")
_HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
_PAGE_LINK = re.compile(r"(?:[\w./-]*/)?([\w-]+)\.md(#[\w-]+)?")
_NOT_IN_A_SLUG = re.compile(r"[^\w\- ]")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class ManualPage:
    """name: as in its address. title: its heading, plain. language: that of its text. html: what follows the heading, safe."""

    name: str
    title: str
    language: str
    html: str


def pages(names: tuple[str, ...], language: str) -> list[tuple[str, str]]:
    """Name and language of those pages that there are, in this order."""
    found = [(name, _source(name, language)) for name in names]
    return [(name, source[1]) for name, source in found if source is not None]


@lru_cache(maxsize=64)
def manual_page(name: str, language: str, title_of: Titles) -> ManualPage:
    """In this language where it is translated, else in English. Raises LookupError when there is no such page.

    title_of: what a code is called in this language, "" for what is none; it stands before the code in headings.
    """
    source = _source(name, language) if name in FOR_EVERYBODY + FOR_OPERATORS else None
    if source is None:
        raise LookupError(f"the manual has no page {name}")
    text, written_in = source
    allowed = FOR_EVERYBODY if name in FOR_EVERYBODY else FOR_EVERYBODY + FOR_OPERATORS  # a link never ends where one may not go
    tokens = _MARKDOWN.parse(text)[3:]  # without the heading: opened, its words, closed
    for token in tokens:
        if token.type == "inline":
            token.children = _fitting(token.children or [], allowed, language)
    original = text if written_in == "en" else (_source(name, "en") or (text, ""))[0]
    for (heading, words), anchor in zip(_headings(tokens), _anchors(original), strict=False):
        heading.attrSet("id", anchor)
        _name_heading(words, title_of)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    # What is wider than a phone is moved within its own frame, by keys as well.
    html = html.replace("<table>", '<div class="table" tabindex="0"><table>').replace("</table>", "</table></div>")
    html = html.replace("<pre>", '<pre tabindex="0">')
    return ManualPage(name, _title(text), written_in, html)


def _source(name: str, language: str) -> tuple[str, str] | None:
    """Text of the page and its language."""
    for file, written_in in ((_manual() / language / f"{name}.md", language), (_manual() / f"{name}.md", "en")):
        if file.is_file():
            return file.read_text("utf-8"), written_in
    return None


def _manual() -> Traversable:
    return resources.files("trasloco.documents") / "manual"


def _title(text: str) -> str:
    found = _HEADING.match(text)
    return found[1].replace("`", "") if found else ""


def _headings(tokens: list[Token]) -> list[tuple[Token, Token]]:
    """What opens each, and its words."""
    return [(token, words) for token, words in pairwise(tokens) if token.type == "heading_open"]


def _anchors(original: str) -> list[str]:
    """Of the headings of the English page, as a code host names them: a link leads to the same place in every language."""
    found = [_plain(words) for _heading, words in _headings(_MARKDOWN.parse(original)[3:])]
    return [_NOT_IN_A_SLUG.sub("", plain.lower()).replace(" ", "-") for plain in found]


def _plain(words: Token) -> str:
    return re.sub(r"[`*]", "", words.content)


def _name_heading(words: Token, title_of: Titles) -> None:
    """Before a code stands what it is called in the panel."""
    if title := title_of(_plain(words)):
        called = Token("html_inline", "", 0, content=f"{escape(title)} ")
        words.children = [called, *(words.children or [])]


def _fitting(tokens: list[Token], allowed: tuple[str, ...], language: str) -> list[Token]:
    """Links lead to pages of the manual that are allowed, and are called as these are; other links are only words, and pictures
    are nothing."""
    kept: list[Token] = []
    dropped, page = False, ""
    for token in tokens:
        if token.type == "image":
            continue
        if token.type == "link_open":
            address, page = _destination(str(token.attrGet("href")), allowed)
            dropped = not address
            token.attrSet("href", address)
        elif token.type == "text" and token.content == f"{page}.md":
            token.content = _title((_source(page, language) or ("", ""))[0])
        if not (dropped and token.type in ("link_open", "link_close")):
            kept.append(token)
    return kept


def _destination(target: str, allowed: tuple[str, ...]) -> tuple[str, str]:
    """Where a link leads in the panel, and to which page of the manual; each "" when to none."""
    if target.startswith(("https://", "#")):
        return target, ""
    found = _PAGE_LINK.fullmatch(target)
    if found is None or found[1] not in allowed or _source(found[1], "en") is None:
        return "", ""
    return reverse("manual_page", args=[found[1]]) + (found[2] or ""), found[1]
