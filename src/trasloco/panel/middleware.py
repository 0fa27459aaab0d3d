"""What every answer carries, and what every request knows: headers; the viewer, his language and his time zone."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import timezone, translation

from trasloco.panel.access import PanelRequest
from trasloco.panel.body_limit import body_refused
from trasloco.records import wall
from trasloco.records.history import Actor
from trasloco.records.rights import Viewer
from trasloco.records.time_zone import zone_named

Next = Callable[[HttpRequest], HttpResponseBase]

# Nothing inline, nothing from elsewhere: a folder's name that is a script stays a name.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)


def security_headers(get_response: Next) -> Next:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
        return response

    return middleware


def viewer(get_response: Next) -> Next:
    """Gives the request ``viewer`` and ``actor`` when somebody has signed in, and his language and zone to all that is shown;
    the database shows it from here on what the viewer may see, and before the sign-in nothing of what is moved."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            with wall.within(wall.Scope.of(None)):
                return get_response(request)
        person = request.user
        asked = cast(PanelRequest, request)
        asked.viewer = Viewer.of(person)
        asked.actor = Actor(person, request.META.get("REMOTE_ADDR") or None)
        translation.activate(person.language)
        with timezone.override(zone_named(person.time_zone)), wall.within(wall.Scope.of(asked.viewer)):
            response = get_response(request)
            response.headers["Content-Language"] = person.language
            return response

    return middleware


def too_large(get_response: Next) -> Next:
    """What was sent was too large to be read (``body_limit``): said by the page it was sent to, if that can say it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not body_refused(request):
            return get_response(request)
        try:
            page = resolve(request.path_info).func
        except Resolver404:
            return get_response(request)
        if hasattr(page, "explains_too_large"):
            return get_response(request)
        return render(request, "413.html", status=413)

    return middleware
