"""What an account waits for, as a sentence."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from trasloco.records.waits import Wait, Wanted

register = template.Library()


@register.filter
def wait_words(wait: Wait) -> str:
    figures = {"host": wait.host, "used": wait.used, "most": wait.most}
    words = _large(wait) if wait.large else _sentence(wait)
    return words % figures


def _sentence(wait: Wait) -> str:
    accounts = wait.unit == "transfers"
    match wait.wanted:
        case Wanted.MAILBOX:
            return _("Waits until another run into the same mailbox has ended.")
        case Wanted.SOURCE if accounts:
            return _("Waits for a place at %(host)s: %(used)s of %(most)s accounts are being moved from there.")
        case Wanted.DESTINATION if accounts:
            return _("Waits for a place at %(host)s: %(used)s of %(most)s accounts are being moved to there.")
        case Wanted.SOURCE | Wanted.DESTINATION:
            return _("Waits for a place at %(host)s: %(used)s of %(most)s connections are in use.")
        case Wanted.CUSTOMER if accounts:
            return _("Waits for a place: %(used)s of %(most)s accounts of the customer are being moved.")
        case Wanted.CUSTOMER:
            return _("Waits for a place: %(used)s of %(most)s connections of the customer are in use.")
        case Wanted.ALL if accounts:
            return _("Waits for a place: %(used)s of %(most)s accounts are being moved in all.")
        case Wanted.ALL:
            return _("Waits for a place: %(used)s of %(most)s connections are in use in all.")
        case Wanted.WORKER:
            return _("Waits for its turn: it begins as soon as a worker has a free place for it.")


def _large(wait: Wait) -> str:
    if wait.host:
        return _("Waits for a place at %(host)s: large accounts have %(used)s of the %(most)s places that they may have there.")
    return _("Waits for a place: large accounts have %(used)s of the %(most)s places that they may have.")
