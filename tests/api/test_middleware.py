"""What holds for every request to the API: keys, pace, ETags, and refusals that are problems."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.fix_api import Program
from tests.fix_people import Cast


@pytest.fixture
def olga(cast: Cast, program: Callable[..., Program]) -> Program:
    """The operator's."""
    return program(cast.people["superuser"])


def _customers(named: str) -> int:
    from trasloco.records.models import Customer

    return Customer.objects.filter(name=named).count()


def test_a_request_sent_twice_with_its_key_is_done_once(olga: Program) -> None:
    first = olga.post("customers", {"name": "Gamma"}, **{"Idempotency-Key": "one"})
    second = olga.post("customers", {"name": "Gamma"}, **{"Idempotency-Key": "one"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert _customers("Gamma") == 1


def test_another_request_under_the_same_key_is_refused(olga: Program) -> None:
    olga.post("customers", {"name": "Gamma"}, **{"Idempotency-Key": "one"})
    other = olga.post("customers", {"name": "Delta"}, **{"Idempotency-Key": "one"})
    assert (other.status_code, other.json()["code"]) == (422, "key-used")
    assert _customers("Delta") == 0


def test_the_keys_of_one_token_are_not_those_of_another(cast: Cast, olga: Program, program: Callable[..., Program]) -> None:
    olga.post("customers", {"name": "Gamma"}, **{"Idempotency-Key": "one"})
    other = program(cast.people["superuser"]).post("customers", {"name": "Delta"}, **{"Idempotency-Key": "one"})
    assert other.status_code == 201


def test_a_refused_request_may_be_corrected_under_the_same_key(olga: Program) -> None:
    assert olga.post("customers", {"name": ""}, **{"Idempotency-Key": "one"}).status_code == 422
    assert olga.post("customers", {"name": "Gamma"}, **{"Idempotency-Key": "one"}).status_code == 201


def test_a_key_is_forgotten_after_a_day(olga: Program) -> None:
    from datetime import timedelta

    from trasloco.records import clock
    from trasloco.records.api_answers import forget_answers
    from trasloco.records.models import ApiAnswer

    olga.post("customers", {"name": "Gamma"}, **{"Idempotency-Key": "one"})
    ApiAnswer.objects.update(created_at=clock.now() - timedelta(hours=25))
    assert olga.post("customers", {"name": "Delta"}, **{"Idempotency-Key": "one"}).status_code == 201
    ApiAnswer.objects.update(created_at=clock.now() - timedelta(hours=25))
    assert forget_answers(clock.now()) == 1


def test_while_a_request_is_carried_out_another_with_its_key_waits_for_nothing(olga: Program) -> None:
    from django.db import connection, transaction

    from trasloco.records.api_answers import Keyed, answer_before
    from trasloco.records.models import ApiToken

    held, over = threading.Event(), threading.Event()

    def carry_out() -> None:
        try:
            with transaction.atomic():
                answer_before(Keyed.of(ApiToken.objects.latest("pk"), "one", "POST", "/", b""))
                held.set()
                over.wait(60)
        finally:
            connection.close()

    thread = threading.Thread(target=carry_out)
    thread.start()
    assert held.wait(60)
    answer = olga.post("customers", {"name": "Gamma"}, **{"Idempotency-Key": "one"})
    over.set()
    thread.join(60)
    assert (answer.status_code, answer.json()["code"]) == (409, "request-under-way")
    assert answer.headers["Retry-After"] == "1"
    assert _customers("Gamma") == 0


def test_what_was_done_before_a_mistake_of_ours_is_taken_back(olga: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.api import customers

    def mistaken(_customer: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(customers, "_shown", mistaken)
    olga.client.raise_request_exception = False
    answer = olga.post("customers", {"name": "Gamma"}, **{"Idempotency-Key": "one"})
    assert (answer.status_code, answer.json()["code"]) == (500, "our-mistake")
    assert b"a mistake of ours" not in answer.content
    assert _customers("Gamma") == 0


def test_a_token_that_asks_too_often_is_told_when_to_ask_again(olga: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    from trasloco.records import api_tokens

    monkeypatch.setattr(api_tokens, "PER_MINUTE", 0)
    answer = olga.get("me")
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-requests")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_what_has_not_changed_is_not_sent_again(cast: Cast, olga: Program) -> None:
    first = olga.get(f"migrations/{cast.moving.code}/accounts")
    again = olga.get(f"migrations/{cast.moving.code}/accounts", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    cast.moving.accounts.update(login="another")
    assert olga.get(f"migrations/{cast.moving.code}/accounts", **{"If-None-Match": first.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "nothing-of-this-name", 404, "not-found"),
        ("GET", "", 404, "not-found"),
        ("DELETE", "migrations", 405, "method-not-allowed"),
        ("GET", "migrations?limt=1", 422, "values-not-accepted"),
        ("GET", "migrations?cursor=nonsense", 422, "unknown-cursor"),
        ("GET", "migrations?limit=201", 422, "values-not-accepted"),
    ],
)
def test_what_is_refused_is_a_problem(olga: Program, method: str, path: str, status: int, code: str) -> None:
    answer = olga.ask(method, path)
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["title"]
    assert problem["detail"]


def test_a_body_that_is_no_json_is_a_problem(olga: Program) -> None:
    answer = olga.client.post("/api/v1/customers", b"{", content_type="application/json", headers={"Authorization": f"Bearer {olga.token}"})
    assert (answer.status_code, answer.json()["code"]) == (400, "not-json")


def test_a_browser_that_is_signed_in_is_nobody_here(cast: Cast, make_client: Callable[..., Any]) -> None:
    answer = make_client(cast.people["superuser"]).get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_all_is_english_whatever_the_person_and_the_program_speak(cast: Cast, olga: Program) -> None:
    from trasloco.records.models import Person

    Person.objects.update(language="it")
    answer = olga.ask("POST", f"migrations/{cast.moving.code}/start", **{"Accept-Language": "it"})
    assert answer.json()["detail"] == "There is no planned run that could be started now."
    assert answer.headers["Content-Language"] == "en"
