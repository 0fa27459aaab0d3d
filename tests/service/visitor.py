"""A browser without a screen: cookies, forms filled in from the page and sent, every answer kept."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar


@dataclass
class Answer:
    """status: of HTTP, after redirections. address: where it came from in the end."""

    status: int
    address: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def links(self) -> list[str]:
        """What it links to, as whole addresses without fragments."""
        found = re.findall(r'href="([^"]+)"', self.text)
        return [urllib.parse.urljoin(self.address, link.replace("&amp;", "&")).partition("#")[0] for link in found]


@dataclass
class Form:
    """One form of a page: where it goes, its fields as a browser would send them, and the names of all there are."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


class Visitor:
    """answers: all there were, in order."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.answers: list[Answer] = []
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, where: str) -> Answer:
        return self._open(urllib.request.Request(urllib.parse.urljoin(self.address, where)))

    def send(self, where: str, having: Iterable[str] = (), **values: str) -> Answer:
        """Fill in a form of the page that posts and has these fields, over what it says already, and send it.

        Of several the one that goes to the page's own address (a page's head has forms, too), else the first.
        Raises AssertionError when the page has none.
        """
        page = self.get(where)
        wanted = set(having) | set(values)
        forms = [form for form in _Forms.of(page.text) if wanted <= form.names]
        forms.sort(key=lambda form: urllib.parse.urljoin(page.address, form.action) != page.address)
        if forms:
            return self.post(urllib.parse.urljoin(page.address, forms[0].action), dict(forms[0].fields) | values, page.address)
        raise AssertionError(f"no form with {sorted(wanted)} at {page.address}:\n{page.text[:6000]}")

    def post(self, where: str, values: dict[str, str], referer: str = "") -> Answer:
        data = urllib.parse.urlencode(values).encode()
        whole = urllib.parse.urljoin(self.address, where)
        return self._open(urllib.request.Request(whole, data, {"Referer": referer or self.address}))

    def _open(self, request: urllib.request.Request) -> Answer:
        try:
            with self._opener.open(request, timeout=60) as answer:
                found = Answer(answer.status, answer.url, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                found = Answer(error.code, error.url or request.full_url, error.read())
        self.answers.append(found)
        return found


class _Forms(HTMLParser):
    """Reads the forms that post. Of radio buttons and check boxes only those that are on."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._inside = False
        self._area = ""
        self._select = ""
        self._chosen: str | None = None

    @classmethod
    def of(cls, text: str) -> list[Form]:
        reader = cls()
        reader.feed(text)
        return reader.found

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form" and given.get("method", "").lower() == "post":
            self.found.append(Form(given.get("action", "")))
            self._inside = True
        if not self._inside:
            return
        self.found[-1].names.add(given.get("name", ""))
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "input" and name and given.get("type") not in ("submit", "file"):
            if given.get("type") not in ("radio", "checkbox") or "checked" in given:
                self._add(name, value or ("on" if given.get("type") == "checkbox" else ""))
        elif tag == "textarea" and name:
            self._area = name
            self._add(name, "")
        elif tag == "select" and name:
            self._select, self._chosen = name, None
        elif tag == "option" and self._select and (self._chosen is None or "selected" in given):
            self._chosen = value

    def handle_data(self, data: str) -> None:
        if self._area:
            name, before = self.found[-1].fields.pop()
            self._add(name, before + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._area = ""
        elif tag == "select" and self._select:
            self._add(self._select, self._chosen or "")
            self._select = ""

    def _add(self, name: str, value: str) -> None:
        self.found[-1].fields.append((name, value))
