"""What holds for every request to the API: its token, its pace, its key, its language, and that all that is refused is a problem+json.

A POST with an Idempotency-Key is carried out in one transaction with the keeping of its answer (``records.api_answers``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import get_conditional_response

from trasloco.api.bearer import ApiRequest
from trasloco.api.problem import MEDIA_TYPE, problem_response
from trasloco.panel.body_limit import MOST_BODY, body_refused
from trasloco.records import wall
from trasloco.records.api_answers import Keyed, KeyInUse, OtherRequest, answer_before, keep_answer
from trasloco.records.api_tokens import PER_MINUTE, use_token
from trasloco.records.rights import Viewer

PREFIX = "/api/"
_KEPT_HEADERS = ("Content-Type", "Location")
LONGEST_KEY = 255
KEY = "^[!-~]+$"
"""Of an Idempotency-Key: printable ASCII, no spaces."""
_DETAILS = {
    401: "There is no token, or it is not good (any more). Send “Authorization: Bearer …” with a token from the page of your profile.",
    404: "There is nothing here that you may see.",
    405: "This is not asked for that way. The header Allow says which methods there are.",
    500: "Something went wrong on our side. Nothing was changed; the operator's log says what it was.",
    503: "The database is away. Try again in a minute.",
}
_CODES = {401: "not-signed-in", 404: "not-found", 405: "method-not-allowed", 500: "our-mistake", 503: "database-away"}

Next = Callable[[HttpRequest], HttpResponseBase]


def problems(get_response: Next) -> Next:
    """The outermost: whatever refuses a request to the API, it is said as a problem+json, in English. Leaves all other addresses alone."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return get_response(request)
        if body_refused(request):
            words = f"The body is larger than {MOST_BODY // 1024 // 1024} MB. Nothing of it was kept."
            response: HttpResponseBase = problem_response(413, "body-too-large", words)
        else:
            response = _with_etag(request, _as_problem(get_response(request)))
        response.headers["Content-Language"] = "en"
        response.headers.setdefault("Cache-Control", "private, no-cache" if request.method == "GET" else "no-store")
        return response

    return middleware


def api(get_response: Next) -> Next:
    """The innermost: token, pace, key."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return get_response(request)
        with translation.override("en"):
            return _answer(cast(ApiRequest, request), get_response)

    return middleware


def _answer(request: ApiRequest, get_response: Next) -> HttpResponseBase:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    with wall.within(wall.Scope.of(None)):
        request.use = use_token(text.strip()) if kind.lower() == "bearer" and text.strip() else None
        if request.use is not None:
            request.viewer = Viewer.of(request.use.token.person)
    with wall.within(wall.Scope.of(request.viewer if request.use is not None else None)):
        return _answer_within(request, get_response)


def _answer_within(request: ApiRequest, get_response: Next) -> HttpResponseBase:
    """The database shows what the token's person may see, whoever is signed in beside it."""
    if request.use is not None and request.use.wait:
        words = f"This token has asked more than {PER_MINUTE} times within a minute. Wait {request.use.wait} seconds."
        return problem_response(429, "too-many-requests", words, headers={"Retry-After": str(request.use.wait)})
    key = request.headers.get("Idempotency-Key")
    if request.method == "POST" and key is not None and request.use is not None:
        return _once(request, key, get_response)
    return get_response(request)


def _once(request: ApiRequest, key: str, get_response: Next) -> HttpResponseBase:
    """The answer given before, or that of now, kept if it was done."""
    assert request.use is not None
    if len(key) > LONGEST_KEY or not re.fullmatch(KEY, key):
        words = f"An Idempotency-Key is at most {LONGEST_KEY} printable ASCII characters without spaces; a random UUID is good."
        return problem_response(422, "bad-idempotency-key", words)
    keyed = Keyed.of(request.use.token, key, "POST", request.get_full_path(), request.body)
    try:
        with transaction.atomic():
            before = answer_before(keyed)
            if before is not None:
                kept = HttpResponse(bytes(before.body), status=before.status, headers=before.headers)
                kept.headers["Idempotency-Replayed"] = "true"
                return kept
            response = get_response(request)
            if 200 <= response.status_code < 300 and isinstance(response, HttpResponse):
                headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
                keep_answer(keyed, response.status_code, headers, response.content)
            else:
                transaction.set_rollback(True)
            return response
    except KeyInUse:
        words = "A request with this Idempotency-Key is being carried out. Ask again in a moment to get its answer."
        return problem_response(409, "request-under-way", words, headers={"Retry-After": "1"})
    except OtherRequest:
        words = "This Idempotency-Key was used for another request within the last 24 hours. Use a new key for each new request."
        return problem_response(422, "key-used", words)


def _as_problem(response: HttpResponseBase) -> HttpResponseBase:
    """Django's own pages of 404, 405, 500 as problems; what is one already stays."""
    status = response.status_code
    if status < 400 or response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
        return response
    kept = {name: response.headers[name] for name in ("Allow", "Retry-After", "WWW-Authenticate") if name in response.headers}
    if status == 401:
        kept.setdefault("WWW-Authenticate", 'Bearer realm="trasloco"')
    detail = _DETAILS.get(status, f"{HTTPStatus(status).phrase}.")
    return problem_response(status, _CODES.get(status, "not-possible"), detail, headers=kept)


def _with_etag(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A body that is there already is cheap to compare: 304 where the program has it."""
    if request.method != "GET" or response.status_code != 200 or not isinstance(response, HttpResponse):
        return response
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    answer = get_conditional_response(request, etag=etag, response=response)
    if isinstance(answer, HttpResponseNotModified):
        return answer
    return response
