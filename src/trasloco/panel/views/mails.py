"""The mails that were written: sent or not, why not, and when it is tried again."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from trasloco.panel.access import PanelRequest, page
from trasloco.panel.query_text import query_text
from trasloco.records.models import Installation, MailState
from trasloco.records.rights import Right
from trasloco.records.visible_mails import send_again, visible_mails

PER_PAGE = 50


@page(Right.HISTORY)
def mails(request: PanelRequest) -> HttpResponse:
    """Newest first. q: looks in recipient, subject and code; state: one of ``MailState``."""
    found = visible_mails(request.viewer)
    wanted, state = query_text(request), request.GET.get("state", "")
    if wanted:
        found = found.filter(Q(recipient__icontains=wanted) | Q(subject__icontains=wanted) | Q(migration__code__iexact=wanted))
    if state in MailState.values:
        found = found.filter(state=state)
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "mails": shown,
        "q": wanted,
        "state": state,
        "states": MailState.choices,
        "query": f"{query.urlencode()}&" if query else "",
        "no_server": not Installation.objects.get().smtp_host,
        "area": "history",
    }
    return render(request, "panel/mails_page.html", context)


@page(Right.HISTORY, methods=("POST",))
def mail_again(request: PanelRequest, mail_id: int) -> HttpResponse:
    """Try now what waits for its next try or was given up."""
    mail = get_object_or_404(visible_mails(request.viewer), pk=mail_id)
    if send_again(request.actor, mail):
        messages.success(request, _("The mail to %(email)s is tried again within a minute.") % {"email": mail.recipient})
    else:
        messages.error(
            request,
            _("The mail to %(email)s has been sent meanwhile, or cannot be sent again: invite the person again.")
            % {"email": mail.recipient},
        )
    return redirect("mails")
