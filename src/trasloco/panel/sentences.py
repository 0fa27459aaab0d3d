"""What is wrong with a CSV, in the language of who reads it."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from trasloco.plan.endpoints import EndpointError, ServerError
from trasloco.plan.problems import Problem
from trasloco.records.said import said

_COLUMNS = {
    "destination": _("destination"),
    "server": _("server"),
    "login": _("login"),
    "password": _("password"),
    "master": _("master user"),
}


def column_title(field: str) -> str:
    """A column of the CSV (``problems.FIELDS``) as people call it; "" for the line as a whole."""
    return str(_COLUMNS.get(field, field))


def problem_line(problem: Problem) -> str:
    """A problem with its place, as one line."""
    place = {"line": str(problem.line or ""), "column": column_title(problem.field)}
    words = {**place, "words": said(problem.words), "remedy": said(problem.remedy)}
    if problem.line is None:
        return gettext("The file: %(words)s %(remedy)s") % words
    if not problem.field:
        return gettext("Line %(line)s: %(words)s %(remedy)s") % words
    return gettext("Line %(line)s, %(column)s: %(words)s %(remedy)s") % words


def server_words(error: EndpointError) -> str:
    """Why a server cannot be one, and what to write instead."""
    return f"{said(error.words)} {said(error.remedy)}" if isinstance(error, ServerError) else str(error)
