"""What comes back from a server when it is not what was asked for.

AskingFailed            words: what happened, and what to do
  Refusal               the API refuses: an ``application/problem+json`` (RFC 9457)
  NoAnswer              nothing answers, or nothing that can be trusted
  NotTheApi             something answers that is not the API
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class AskingFailed(Exception):
    """words: whole sentences for a person. again: after how many seconds, at least, it may end otherwise; None: it would not."""

    def __init__(self, words: str, again: float | None = None) -> None:
        super().__init__(words)
        self.words, self.again = words, again


class NoAnswer(AskingFailed):
    """Also after some tries. What was asked may have been done all the same, when the answer was lost."""


class NotTheApi(AskingFailed):
    """Most likely the address is wrong."""


@dataclass(frozen=True, slots=True)
class LineProblem:
    """One thing to correct in a list of accounts. line: from 1, None for the list as a whole. column: "" for the whole line."""

    line: int | None
    column: str
    code: str
    words: str
    remedy: str


class Refusal(AskingFailed):
    """Nothing was changed. status: of HTTP; code: for programs; problems: of a list of accounts; fields: what is wrong with which value."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        again: float | None = None,
        problems: Sequence[LineProblem] = (),
        fields: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(detail, again)
        self.status, self.code, self.problems, self.fields = status, code, list(problems), dict(fields or {})

    @classmethod
    def of(cls, status: int, body: bytes, again: float | None = None) -> Refusal:
        """Of the document. Raises ``ValueError`` when it is none."""
        found: Any = json.loads(body)
        if not isinstance(found, dict) or not isinstance(found.get("detail"), str):
            raise ValueError("no problem document")
        problems = [_line_problem(item) for item in found.get("problems") or () if isinstance(item, dict)]
        fields = found.get("fields") if isinstance(found.get("fields"), dict) else None
        return cls(status, str(found.get("code", "")), found["detail"], again=again, problems=problems, fields=fields)


def _line_problem(item: Mapping[str, Any]) -> LineProblem:
    line = item.get("line")
    column, code, words, remedy = (str(item.get(name, "")) for name in ("column", "code", "words", "remedy"))
    return LineProblem(line if isinstance(line, int) else None, column, code, words, remedy)
