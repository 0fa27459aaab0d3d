"""Version 1 of the API: its operations, and its document (OpenAPI 3.1)."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from trasloco.api import (
    account_contents,
    accounts,
    customers,
    downloads,
    drafts,
    history,
    live,
    migrations,
    passwords,
    people,
    permissions,
    runs,
    systems,
    tokens,
    webhooks,
)
from trasloco.api.middleware import KEY, LONGEST_KEY
from trasloco.api.problem import MEDIA_TYPE, Problem, Refused, problem_response
from trasloco.panel.refusals import refusal_words
from trasloco.records.drafts import NotADraft
from trasloco.records.key_ring import KeyProblem
from trasloco.records.planning import NotNow

_DESCRIPTION = """
Everything a person can do in the panel of Trasloco, for programs. A token is made on the page of the profile and sent as
`Authorization: Bearer …`. What is refused is `application/problem+json` (RFC 9457) with a `code`. A POST may have an `Idempotency-Key`:
sent twice, it is done once. Lists come page by page: `next` is the `cursor` of the next page. Times are RFC 3339.
"""
_REFUSALS = {
    "400": "The body is no JSON",
    "401": "No good token",
    "403": "The token's scopes do not reach",
    "404": "Nothing here that this person may see",
    "409": "Not possible in the state it is in",
    "413": "The body is too large",
    "422": "What was given is not accepted",
    "429": "Too many requests",
}
_KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text of one's own: a request that is sent twice with it is done once, within 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": KEY},
}


class _Document(OpenAPISchema):
    """Ninja's, with what holds for every operation: what is refused, and how; the key of a POST."""

    def __init__(self, api: NinjaAPI, path_prefix: str) -> None:
        super().__init__(api, path_prefix)
        schemas = self["components"]["schemas"]
        made = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update({**made.pop("$defs", {}), "Problem": made})
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        self["components"]["responses"] = {
            f"Refused{status}": {"description": words, "content": content} for status, words in _REFUSALS.items()
        }
        self["components"]["parameters"] = {"IdempotencyKey": _KEY_PARAMETER}
        refusals = {status: {"$ref": f"#/components/responses/Refused{status}"} for status in _REFUSALS}
        for path in self["paths"].values():
            for method, operation in path.items():
                operation["responses"] |= refusals
                if method == "post":
                    operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})


class Api(NinjaAPI):
    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> OpenAPISchema:
        return _Document(self, path_prefix or "/api/v1/")

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """Ninja asks for it when the right is proved and before anything is read. A query parameter that is not known is refused, as
        is a field: who misspells `state` must not take all accounts for the failed ones. Raises ``Refused``."""
        assert request.resolver_match is not None
        path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", request.resolver_match.route)
        strange = sorted(set(request.GET) - self._query_names[path, str(request.method).lower()])
        if strange:
            raise Refused(422, "values-not-accepted", "There are unknown query parameters.", fields={name: ["unknown"] for name in strange})
        return super().create_temporal_response(request)

    @cached_property
    def _query_names(self) -> dict[tuple[str, str], set[str]]:
        """Of each operation, by path and method."""
        return {
            (path, method): {each["name"] for each in operation.get("parameters", ()) if each.get("in") == "query"}
            for path, operations in self.get_openapi_schema()["paths"].items()
            for method, operation in operations.items()
        }

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


api = Api(title="Trasloco", version="1", description=_DESCRIPTION.strip(), urls_namespace="api", docs_url=None)
for _room in (
    tokens,
    migrations,
    drafts,
    runs,
    accounts,
    passwords,
    account_contents,
    downloads,
    live,
    permissions,
    people,
    customers,
    systems,
    history,
    webhooks,
):
    api.add_router("", _room.router)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return error.response()


@api.exception_handler(NotNow)
def _not_now(request: HttpRequest, error: NotNow) -> HttpResponse:
    return problem_response(409, str(error).partition(":")[0], refusal_words(error))


@api.exception_handler(NotADraft)
def _not_a_draft(request: HttpRequest, error: NotADraft) -> HttpResponse:
    return problem_response(409, "already-planned", "The migration has been planned already: its accounts and settings are fixed.")


@api.exception_handler(KeyProblem)
def _key_problem(request: HttpRequest, error: KeyProblem) -> HttpResponse:
    return problem_response(409, "passwords-unreadable", f"{error} Give the accounts again, with their passwords.")


@api.exception_handler(ValidationError)
def _not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields: dict[str, list[str]] = {}
    for item in error.errors:
        place = [str(part) for part in item["loc"]]
        fields.setdefault(".".join(place[2:] if place[:1] == ["body"] else place[1:]) or "body", []).append(str(item["msg"]))
    detail = " ".join(f"{name}: {'; '.join(words)}." for name, words in fields.items())
    return problem_response(422, "values-not-accepted", detail, fields=fields)


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja's own: a body that is no JSON; 401, of which the middleware knows the words."""
    if error.status_code != 400:
        return HttpResponse(status=error.status_code)
    return problem_response(error.status_code, "not-json", f"{error}. Send the body as application/json in UTF-8.")
