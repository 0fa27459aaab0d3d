"""Who asks the API, and may he? The ``auth`` of every operation, as ``panel.access.page`` is the first line of every page.

Without a token that is good: 401. A token whose scopes do not reach: 403, whatever is asked for, so that it says nothing of
what there is. A person without the right: 404, as in the panel.
"""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404, HttpRequest
from ninja.security import HttpBearer

from trasloco.api.problem import Refused
from trasloco.panel.access import PanelRequest
from trasloco.records.api_tokens import ADMIN, READ, WRITE, Use
from trasloco.records.history import Actor
from trasloco.records.models import ApiToken
from trasloco.records.rights import Right


class ApiRequest(PanelRequest):
    """A request after ``middleware.api``: use is None without a good token, else viewer is its person's; token and actor are there in an
    operation."""

    use: Use | None
    token: ApiToken


class Bearer(HttpBearer):
    """A token with this scope, of a person with this right (None: of anybody)."""

    openapi_description = "A token that a person has made on the page of his profile."

    def __init__(self, scope: str, right: Right | None) -> None:
        super().__init__()
        self.scope, self.right = scope, right

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        asked = cast(ApiRequest, request)
        if asked.use is None:
            return None
        asked.token = asked.use.token
        if self.scope not in asked.token.scopes:
            words = f"This token has not the scope “{self.scope}”. Make one that has, on the page of your profile."
            raise Refused(
                403, "scope-missing", words, headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{self.scope}"'}
            )
        if self.right is not None and not asked.viewer.may(self.right):
            raise Http404
        asked.actor = Actor(asked.token.person, request.META.get("REMOTE_ADDR") or None, asked.token.name)
        return asked.token


LOOK = Bearer(READ, Right.MIGRATE)
CHANGE = Bearer(WRITE, Right.MIGRATE)
SELF = Bearer(READ, None)
SELF_CHANGE = Bearer(WRITE, None)
LOOK_BACK = Bearer(ADMIN, Right.HISTORY)
PEOPLE = Bearer(ADMIN, Right.PEOPLE)
SETTINGS = Bearer(ADMIN, Right.SETTINGS)
OPERATE = Bearer(ADMIN, Right.OPERATE)
