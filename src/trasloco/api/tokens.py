"""Who asks, and his tokens. Tokens are made in the panel only: a token that leaks must not make others that outlive it."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from trasloco.api.bearer import SELF, SELF_CHANGE, ApiRequest
from trasloco.api.cursor import Page, Wanted, one_page
from trasloco.api.shown_migrations import Named
from trasloco.records.api_tokens import revoke_token, tokens_of
from trasloco.records.models import ApiToken

router = Router(tags=["oneself"])


class TokenShown(Schema):
    """Of the token itself only its first characters are known."""

    id: int
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class Me(Schema):
    email: str
    name: str
    role: str = Field(description="superuser, admin, team or manager.")
    customer: Named | None = Field(description="null of the superuser, who belongs to all.")
    domains: list[str] | None = Field(description="A manager is confined to; null of everybody else.")
    token: TokenShown


@router.get("/me", response=Me, auth=SELF, summary="Who this token is")
def get_me(request: ApiRequest) -> object:
    viewer = request.viewer
    names = viewer.domain_names
    return {
        "email": viewer.person.email,
        "name": viewer.person.name,
        "role": "superuser" if viewer.operator else viewer.membership.role if viewer.membership else "",
        "customer": viewer.customer,
        "domains": None if names is None else sorted(names),
        "token": request.token,
    }


@router.get("/tokens", response=Page[TokenShown], auth=SELF, summary="One's own tokens, the newest first")
def list_tokens(request: ApiRequest, wanted: Wanted) -> object:
    return one_page(tokens_of(request.viewer.person), wanted, list, newest_first=True)


@router.delete("/tokens/{int:token_id}", response={204: None}, auth=SELF_CHANGE, summary="Revoke a token of one's own")
def delete_token(request: ApiRequest, token_id: int) -> object:
    """This one, too. It works no more, from this moment on."""
    revoke_token(request.actor, get_object_or_404(ApiToken, pk=token_id, person=request.viewer.person))
    return HttpResponse(status=204)
