"""The first line of every page: who asks, and may he?

``@page(Right.X)`` lets a person with that right through, sends nobody to the sign-in, and gives 404
to everybody else: who has no right does not learn that there is something. Without a right it asks for a sign-in only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias, cast
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from trasloco.records.history import Actor
from trasloco.records.models import Account, MailMigration, Run
from trasloco.records.rights import Right, Viewer

P = ParamSpec("P")
View: TypeAlias = Callable[Concatenate["PanelRequest", P], HttpResponseBase]


class PanelRequest(HttpRequest):
    """A request after ``middleware.viewer``; htmx is that of django-htmx."""

    viewer: Viewer
    actor: Actor
    htmx: Any


def page(
    right: Right | None = None, *, methods: tuple[str, ...] = ("GET", "HEAD")
) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """A page that only some may see. methods: others get 405."""

    def guard(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @never_cache
        @require_http_methods(list(methods))
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            viewer: Viewer | None = getattr(request, "viewer", None)
            if viewer is None:
                if request.headers.get("HX-Request"):  # a part of a page must not become the sign-in page
                    return HttpResponse(status=401, headers={"HX-Refresh": "true"})
                return redirect_to_login(_way_back(request))
            if right is not None and not viewer.may(right):
                raise Http404
            return view(cast(PanelRequest, request), *args, **kwargs)

        guarded.right = right  # type: ignore[attr-defined] # the matrix test reads it
        return guarded

    return guard


def _way_back(request: HttpRequest) -> str:
    """Where the sign-in leads to afterwards: this page, or the one with the form when a form was sent, as many of those take no GET."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    sent_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(sent_from, request.get_host(), require_https=request.is_secure()):
        return urlsplit(sent_from)._replace(scheme="", netloc="").geturl()
    return "/"


def migration_of(request: PanelRequest, code: str) -> MailMigration:
    """The migration, if he may see it. Raises Http404."""
    return get_object_or_404(request.viewer.migrations().select_related("customer", "asked_by", "destination_system"), code=code)


def account_of(request: PanelRequest, code: str, account_id: int) -> Account:
    """The account, with its migration, if he may see it. Raises Http404."""
    return get_object_or_404(Account.objects.select_related("migration"), pk=account_id, migration=migration_of(request, code))


def run_of(migration: MailMigration, number: int) -> Run:
    """A run of a migration that he may see. Raises Http404."""
    return get_object_or_404(Run, migration=migration, number=number)
