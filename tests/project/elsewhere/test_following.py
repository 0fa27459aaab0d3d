"""A migration watched at a server that answers as it is told: what is waited for, what ends it, what is outlasted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from trasloco.client.answers import NoAnswer
from trasloco.client.api_client import ApiClient
from trasloco.project.elsewhere import following
from trasloco.project.elsewhere.following import follow
from trasloco.project.halt import Halt
from trasloco.secret import Secret
from trasloco.testing.web_server import Answer, Reply, Request, WebServer


def run(number: int, status: str, due_at: str | None = "2027-01-02T03:04:00Z") -> dict[str, Any]:
    return {"number": number, "status": status, "due_at": due_at}


def migration(stage: str, *runs: dict[str, Any]) -> Answer:
    return Answer(json.dumps({"code": "k", "stage": stage, "accounts": 1, "runs": runs}).encode())


def event(letters: str, *, over: bool = False, **more: Any) -> bytes:
    return b"data: " + json.dumps({"letters": letters, "over": over, **more}).encode() + b"\n\n"


def stream(*events: bytes) -> Answer:
    return Answer(b"".join(events), headers={"Content-Type": "text/event-stream"})


def in_turn(*answers: Answer) -> Callable[[Request], Answer]:
    """One after the other; the last one again and again."""
    left = list(answers)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_PAUSE", 0.0)
    monkeypatch.setattr(following, "_PER_LOOK", 0.0)


@pytest.fixture
def watched() -> Iterator[Callable[[Mapping[str, Reply]], ApiClient]]:
    opened: list[WebServer] = []

    def begin(answers: Mapping[str, Reply]) -> ApiClient:
        accounts = {"id": 1, "line": 1, "destination": "anna@example.net", "state": "running", "transfer": None}
        page = Answer(json.dumps({"items": [accounts], "next": None}).encode())
        known: dict[str, Reply] = {"/accounts": page, **answers}
        web = WebServer({f"127.0.0.1/api/v1/migrations/k{path}": answer for path, answer in known.items()})
        opened.append(web.__enter__())
        return ApiClient(f"http://127.0.0.1:{web.port}", Secret("trasloco_a-token-of-this-test"), pauses=())

    yield begin
    for web in opened:
        web.__exit__(None, None, None)


Watched = Callable[[Mapping[str, Reply]], ApiClient]


def test_it_ends_with_the_run_and_asks_for_a_new_stream_until_then(watched: Watched) -> None:
    looks = in_turn(
        migration("running", run(1, "running"), run(2, "planned")), migration("between", run(1, "completed"), run(2, "planned"))
    )
    client = watched({"": looks, "/events": in_turn(stream(event("r")), stream(event("c")))})
    assert follow(client, "k", 1)["stage"] == "between"


def test_between_the_runs_it_waits_for_the_next_one_and_says_when_that_is(watched: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    ended = run(1, "completed")
    looks = in_turn(migration("between", ended, run(2, "planned")), migration("completed", ended, run(2, "completed")))
    client = watched({"": looks, "/events": in_turn(stream(event("p")), stream(event("c", over=True)))})
    assert follow(client, "k", 0)["stage"] == "completed"
    assert "Run 2 begins at 2027-01-02" in capsys.readouterr().out


def test_a_server_that_is_away_is_asked_again(watched: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    away = {"type": "urn:x", "title": "X", "status": 503, "code": "database-away", "detail": "The database is away."}
    problem = Answer(json.dumps(away).encode(), 503, {"Content-Type": "application/problem+json"})
    events = in_turn(Answer(b"<html>", 502), problem, stream(event("c", over=True)))
    client = watched({"": migration("completed", run(1, "completed")), "/events": events})
    assert follow(client, "k", 0)["stage"] == "completed"
    assert capsys.readouterr().err.count("It is asked again") == 1


def test_it_gives_up_when_that_lasts_too_long(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PATIENCE", 0.0)
    with pytest.raises(NoAnswer):
        follow(watched({"/events": Answer(b"<html>", 502)}), "k", 0)


def test_a_run_that_was_stopped_is_not_waited_for(watched: Watched) -> None:
    client = watched({"": migration("stopped", run(1, "stopped")), "/events": stream(event("s"))})
    assert follow(client, "k", 0)["stage"] == "stopped"


def test_a_migration_that_is_deleted_meanwhile_is_said_to_be(watched: Watched) -> None:
    with pytest.raises(Halt) as caught:
        follow(watched({"/events": stream(b'data: {"gone": true}\n\n')}), "k", 0)
    assert "has been deleted" in caught.value.words
