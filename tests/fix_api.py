"""The API asked by programs of everybody in the cast."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from trasloco.records.models import Person

ALL = ("read", "write", "admin")


def token_of(person: Person, scopes: Iterable[str] = ALL, days: int = 30) -> str:
    """The text of a new token."""
    from trasloco.records.api_tokens import make_token
    from trasloco.records.history import Actor

    return make_token(Actor(person), "a program", scopes, days)[1]


@dataclass
class Program:
    """Asks with a token; "" for none."""

    client: Client
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """path: below ``/api/v1/``."""
        sent = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **self.headers, **headers}
        data: dict[str, Any] = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.generic(method, f"/api/v1/{path}", headers=sent, **data)

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", path, body, **headers)


@pytest.fixture
def program(make_client: Callable[..., Client]) -> Callable[..., Program]:
    """Of a person, with these scopes; of None without a token."""

    def make(person: Person | None, scopes: Iterable[str] = ALL) -> Program:
        return Program(make_client(), token_of(person, scopes) if person is not None else "")

    return make
