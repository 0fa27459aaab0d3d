"""The manual, in the panel: what errors and forms lead to, also where there is no Internet."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trasloco.documents.manual_page import FOR_EVERYBODY, FOR_OPERATORS, manual_page, pages
from trasloco.panel.access import PanelRequest, page
from trasloco.panel.log_titles import log_title
from trasloco.panel.manual_titles import MANUAL_TITLES
from trasloco.records.rights import Right


@page()
def manual(request: PanelRequest) -> HttpResponse:
    """All pages by their titles; those about running the service for the operator only."""
    language = get_language() or "en"
    parts: list[tuple[str, tuple[str, ...]]] = [(_("Moving mailboxes"), FOR_EVERYBODY)]
    if request.viewer.may(Right.OPERATE):
        parts.append((_("Running the service"), FOR_OPERATORS))
    listed = [(heading, [_entry(*found, language) for found in pages(names, language)]) for heading, names in parts]
    return render(request, "panel/manual/contents.html", {"parts": listed})


def _entry(name: str, written_in: str, language: str) -> dict[str, Any]:
    return {"name": name, "title": MANUAL_TITLES[name], "translated": written_in == language}


@page()
def one_page(request: PanelRequest, name: str) -> HttpResponse:
    """404 for a page that there is not, or that is not for him."""
    if name in FOR_OPERATORS and not request.viewer.may(Right.OPERATE):
        raise Http404
    language = get_language() or "en"
    try:
        found = manual_page(name, language, log_title)
    except LookupError:
        raise Http404 from None
    return render(request, "panel/manual/page.html", {"manual": found, "translated": found.language == language})
