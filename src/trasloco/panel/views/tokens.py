"""One's own tokens for the API: listed, made after showing once more who one is, shown once, revoked."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from trasloco.panel.access import PanelRequest, page
from trasloco.panel.forms_tokens import TokenForm
from trasloco.panel.public_address import public_address
from trasloco.records import clock
from trasloco.records.api_tokens import MOST_TOKENS, TooManyTokens, make_token, revoke_token, tokens_of


@page()
def tokens(request: PanelRequest) -> HttpResponse:
    """One's own, and where the API is."""
    return _list(request)


@page(methods=("GET", "HEAD", "POST"))
@reauthentication_required  # type: ignore[untyped-decorator] # allauth carries no types
def token_new(request: PanelRequest) -> HttpResponse:
    """The form. A new token is on the answer itself, and nowhere else: nobody keeps it."""
    form = TokenForm(request.POST if request.method == "POST" else None, viewer=request.viewer)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            _token, text = make_token(request.actor, values["name"], values["scopes"], values["days"])
            return _list(request, text)
        except TooManyTokens:
            form.add_error(None, _("You have %(most)s tokens already. Revoke one that is not used any more.") % {"most": MOST_TOKENS})
    return render(request, "panel/people/token_new.html", {"form": form, "area": "profile"})


@page(methods=("POST",))
def token_revoke(request: PanelRequest, token_id: int) -> HttpResponse:
    """It works no more, from this moment on."""
    token = get_object_or_404(tokens_of(request.viewer.person), pk=token_id)
    if revoke_token(request.actor, token):
        messages.success(request, _("The token “%(name)s” works no more.") % {"name": token.name})
    return redirect("tokens")


def _list(request: PanelRequest, text: str = "") -> HttpResponse:
    """text: of a token that was made in this moment."""
    found = tokens_of(request.viewer.person)
    address = public_address(request, "/api/v1/")
    context = {"tokens": found, "text": text, "now": clock.now(), "address": address, "area": "profile"}
    return render(request, "panel/people/tokens.html", context)
