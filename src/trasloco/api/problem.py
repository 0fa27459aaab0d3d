"""Why a request was not done, as ``application/problem+json`` (RFC 9457).

Besides type, title, status and detail: ``code``, for programs; ``problems``, of a CSV, line by line; ``fields``, of the values
that were given. The words are those of the panel, in English.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpResponse
from pydantic import BaseModel, Field

from trasloco.plan.problems import Problem as CsvProblem
from trasloco.records.said import said

MEDIA_TYPE = "application/problem+json"


class LineProblem(BaseModel):
    """One thing to correct in a list of accounts."""

    line: int | None = Field(description="Line of the CSV, or number of the account, from 1; null for the list as a whole.")
    column: str = Field(description="destination, server, login, password or master; empty for the line as a whole.")
    code: str
    words: str
    remedy: str


class Problem(BaseModel):
    """RFC 9457, section 3."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    problems: list[LineProblem] | None = None
    fields: dict[str, list[str]] | None = None


class Refused(Exception):
    """It is not done. status: of HTTP; code: kebab-case; detail: whole sentences: why, and what to do."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        problems: Sequence[LineProblem] = (),
        fields: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.problems, self.fields, self.headers = list(problems), fields, headers

    def response(self) -> HttpResponse:
        return problem_response(self.status, self.code, self.detail, problems=self.problems, fields=self.fields, headers=self.headers)


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    problems: Sequence[LineProblem] = (),
    fields: Mapping[str, Sequence[str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The answer."""
    document: dict[str, Any] = {
        "type": f"urn:trasloco:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if problems:
        document["problems"] = [problem.model_dump() for problem in problems]
    if fields:
        document["fields"] = {name: list(words) for name, words in fields.items()}
    return HttpResponse(json.dumps(document), MEDIA_TYPE, status, headers=dict(headers or {}))


def line_problem(problem: CsvProblem, before: int = 0) -> LineProblem:
    """before: lines that were put above what was given."""
    line = None if problem.line is None else problem.line - before
    return LineProblem(line=line, column=problem.field, code=problem.code, words=said(problem.words), remedy=said(problem.remedy))


def refuse_form(form: forms.BaseForm, names: Mapping[str, str] | None = None) -> Refused:
    """What a form of the panel says is wrong. names: what its fields are called in the API, where that is another name."""
    called = {"__all__": "", **(names or {})}
    fields = {called.get(name, name): [str(words) for words in errors] for name, errors in form.errors.items()}
    sentences = " ".join(f"{name}: {' '.join(words)}" if name else " ".join(words) for name, words in fields.items())
    return Refused(422, "values-not-accepted", sentences, fields=fields)
