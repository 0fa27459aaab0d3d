"""Words of the steps of "new migration"."""

from __future__ import annotations

import math

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trasloco.panel.forms_wizard import GMAIL, TYPES
from trasloco.records.forecast import AT_ONCE, GUESSED_BYTES, GUESSED_MESSAGES, Forecast
from trasloco.records.models import ServerSearch

register = template.Library()


@register.filter
def type_title(name: str) -> str | Promise:
    """The title of a type of source."""
    return next((title for each, title, *_words in TYPES if each == name), name)


@register.filter
def gmail_choice(name: str) -> str | Promise:
    """What is taken of Gmail besides mail in the folders of labels."""
    return next((words for each, words in GMAIL if each == name), name)


@register.filter
def forecast_words(found: Forecast) -> str:
    """How long the first run takes, and what that is known from."""
    if found.most < 60:
        return _("Expected to take less than a minute.")
    spans = {"least": _span(found.least), "most": _span(found.most)}
    if found.measured:
        return _("Expected to take %(least)s to %(most)s, going by earlier transfers here.") % spans
    words = _(
        "Expected to take %(least)s to %(most)s: a cautious guess, as there are no earlier transfers here to go by. "
        "It assumes %(size)s and %(messages)s messages a second for each account, %(many)s accounts of a server at once."
    )
    assumed = {"size": filesizeformat(GUESSED_BYTES), "messages": int(GUESSED_MESSAGES), "many": AT_ONCE}
    return words % {**spans, **assumed}


def _span(seconds: float) -> str:
    """Minutes, from an hour and a half on hours, rounded up."""
    if seconds < 90 * 60:
        minutes = max(1, math.ceil(seconds / 60))
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    hours = math.ceil(seconds / 3600)
    return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}


@register.filter
def found_by_words(search: ServerSearch) -> str:
    """Where the name of a server that was found comes from."""
    if search.found_by == "mx":
        return _("known by the domain's mail server, %(mx)s") % {"mx": search.mx}
    if search.found_by == "thunderbird" and search.mx:
        return _("by the domain's mail server, %(mx)s, in Thunderbird's database") % {"mx": search.mx}
    return {
        "preset": _("known by the domain"),
        "srv": _("from the domain's SRV record"),
        "autoconfig": _("from the domain's configuration for mail programs (autoconfig)"),
        "thunderbird": _("from Thunderbird's database"),
        "name": _("a guess by its name, which answers"),
    }.get(search.found_by, "")


@register.filter
def login_words(form: str) -> str:
    """What the server expects in the login column, where that is not the whole address."""
    return {
        "local part": _("The login there is what stands before the @ of the address."),
        "local part, else address": _("The login there is what stands before the @ of the address, or the whole address."),
    }.get(form, "")


@register.filter
def better_type(provider: str, chosen: str) -> str | Promise:
    """The title of the type that a provider has of its own, "" where the chosen one is right."""
    return type_title(provider) if provider != chosen and provider in {"gmail", "office365", "exchange"} else ""
