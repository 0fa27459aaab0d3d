"""The servers of lines that have none, or one that cannot be reached: looked for by a job, and taken when a person says so."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext

from trasloco.jobs.errands import check_logins, find_servers
from trasloco.panel.access import PanelRequest, page
from trasloco.panel.query_text import posted_text
from trasloco.panel.views.steps import draft_of, step
from trasloco.records.rights import Right
from trasloco.records.server_search import take_servers

LONGEST_DOMAIN = 253


@page(Right.MIGRATE, methods=("POST",))
@step
def find(request: PanelRequest, code: str) -> HttpResponse:
    """Have them looked for, those that were not found before once more."""
    find_servers(request.actor, draft_of(request, code))
    return redirect("new_check", code)


@page(Right.MIGRATE, methods=("POST",))
@step
def take(request: PanelRequest, code: str) -> HttpResponse:
    """Use what was found for one domain, or without "domain" all of it; those logins are tried at once."""
    migration = draft_of(request, code)
    domain = posted_text(request, "domain", LONGEST_DOMAIN)
    taken, twice = take_servers(request.actor, migration, domain or None)
    if twice:
        words = ngettext(
            "%(n)s account kept its line as it is: another line has the same login on that server, and one mailbox would be copied twice.",
            "%(n)s accounts kept their lines as they are: other lines have the same logins on that server, "
            "and one mailbox would be copied twice.",
            twice,
        )
        messages.warning(request, words % {"n": twice})
    if taken:
        check_logins(request.actor, migration)
    return redirect("new_check", code)
