"""The client against a server that answers as proxies, broken lines and strangers do. Against the real one: tests/project/elsewhere."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from trasloco.client.answers import NoAnswer, NotTheApi, Refusal
from trasloco.client.api_client import ApiClient
from trasloco.client.reading import MOST_EVENT
from trasloco.secret import Secret
from trasloco.testing.certificates import Certificate
from trasloco.testing.free_ports import free_ports
from trasloco.testing.web_server import Answer, Reply, Request, WebServer

TOKEN = "trasloco_a-token-of-this-test"
PROBLEM = {"Content-Type": "application/problem+json"}


class Talk:
    """A client, what it waited for, and what the server was asked."""

    def __init__(self, web: WebServer, client: ApiClient, waits: list[float]) -> None:
        self.web, self.client, self.waits = web, client, waits

    def keys(self) -> list[str]:
        return [request.headers.get("idempotency-key", "") for request in self.web.requests]


def problem(status: int, code: str, detail: str = "It is not possible.", headers: Mapping[str, str] | None = None, **more: Any) -> Answer:
    document = {"type": "urn:x", "title": "X", "status": status, "code": code, "detail": detail, **more}
    return Answer(json.dumps(document).encode(), status, {**PROBLEM, **(headers or {})})


def one_after_the_other(*answers: Answer) -> Callable[[Request], Answer]:
    left = list(answers)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture
def talk() -> Iterator[Callable[[Mapping[str, Reply]], Talk]]:
    opened: list[WebServer] = []

    def begin(answers: Mapping[str, Reply]) -> Talk:
        web = WebServer({f"127.0.0.1/api/v1{path}": answer for path, answer in answers.items()})
        opened.append(web.__enter__())
        waits: list[float] = []
        client = ApiClient(f"http://127.0.0.1:{web.port}", Secret(TOKEN), pauses=(1, 2, 4), pause=waits.append)
        return Talk(web, client, waits)

    yield begin
    for web in opened:
        web.__exit__(None, None, None)


def test_the_token_goes_along_and_nothing_of_netrc(talk: Callable[..., Talk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something-else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    begun = talk({"/me": Answer(b'{"name": "Anna"}')})
    assert begun.client.get("/me") == {"name": "Anna"}
    assert [request.headers["authorization"] for request in begun.web.requests] == [f"Bearer {TOKEN}"]


def test_a_redirection_is_not_followed_and_the_token_goes_nowhere_else(talk: Callable[..., Talk]) -> None:
    begun = talk({"/me": Answer(b"", 302, {"Location": "/api/v1/elsewhere"}), "/elsewhere": Answer(b"{}")})
    with pytest.raises(NotTheApi) as caught:
        begun.client.get("/me")
    assert "/api/v1/elsewhere" in caught.value.words
    assert [request.path for request in begun.web.requests] == ["/api/v1/me"]


def test_a_post_whose_answer_does_not_come_is_sent_again_under_the_same_key(talk: Callable[..., Talk]) -> None:
    begun = talk({"/migrations": one_after_the_other(Answer(b"<html>", 502), Answer(b"<html>", 503), Answer(b'{"code": "k"}', 201))})
    assert begun.client.post("/migrations", {"csv": "a"}) == {"code": "k"}
    assert len(begun.keys()) == 3
    assert len(set(begun.keys())) == 1 < len(begun.keys()[0])
    assert begun.waits == [1, 2]


def test_two_posts_have_two_keys_and_a_lasting_key_is_the_same_for_the_same_words(talk: Callable[..., Talk]) -> None:
    begun = talk({"/migrations": Answer(b"{}", 201)})
    begun.client.post("/migrations", {})
    begun.client.post("/migrations", {})
    assert len(set(begun.keys())) == 2
    key = begun.client.lasting_key("migrate", "a;b;c;her password")
    assert key == begun.client.lasting_key("migrate", "a;b;c;her password")
    assert key != begun.client.lasting_key("migrate", "a;b;c;another")
    other = ApiClient("https://trasloco.example.net", Secret("another token"))
    assert key != other.lasting_key("migrate", "a;b;c;her password")


def test_it_waits_as_long_as_the_api_says(talk: Callable[..., Talk]) -> None:
    slow = problem(429, "too-many-requests", headers={"Retry-After": "37"})
    begun = talk({"/me": one_after_the_other(slow, Answer(b"{}"))})
    assert begun.client.get("/me") == {}
    assert begun.waits == [37]


def test_a_request_that_is_still_carried_out_is_asked_for_again(talk: Callable[..., Talk]) -> None:
    busy = problem(409, "request-under-way", headers={"Retry-After": "1"})
    begun = talk({"/migrations": one_after_the_other(busy, Answer(b"{}", 201))})
    assert begun.client.post("/migrations", {}) == {}


def test_a_refusal_is_told_in_the_words_of_the_api_and_not_tried_again(talk: Callable[..., Talk]) -> None:
    line = {"line": 2, "column": "login", "code": "login-missing", "words": "The login is missing.", "remedy": "Write it."}
    begun = talk({"/migrations": problem(422, "accounts-not-accepted", "Two lines are wrong.", problems=[line], fields={"csv": ["wrong"]})})
    with pytest.raises(Refusal) as caught:
        begun.client.post("/migrations", {})
    found = caught.value
    assert (found.status, found.code, found.words, found.fields) == (
        422,
        "accounts-not-accepted",
        "Two lines are wrong.",
        {"csv": ["wrong"]},
    )
    assert [(item.line, item.column, item.words, item.remedy) for item in found.problems] == [
        (2, "login", "The login is missing.", "Write it.")
    ]
    assert len(begun.web.requests) == 1


def test_what_is_gone_when_it_is_deleted_again_was_deleted(talk: Callable[..., Talk]) -> None:
    begun = talk({"/migrations/k": one_after_the_other(Answer(b"", 504), problem(404, "not-found"))})
    begun.client.delete("/migrations/k")
    begun = talk({"/migrations/k": problem(404, "not-found")})
    with pytest.raises(Refusal):
        begun.client.delete("/migrations/k")


def test_a_list_is_read_to_its_end(talk: Callable[..., Talk]) -> None:
    pages = one_after_the_other(Answer(b'{"items": [1, 2], "next": "c"}'), Answer(b'{"items": [3], "next": null}'))
    begun = talk({"/migrations": pages})
    assert list(begun.client.pages("/migrations", q="x")) == [1, 2, 3]
    assert [request.path for request in begun.web.requests] == [
        "/api/v1/migrations?q=x&limit=200",
        "/api/v1/migrations?q=x&cursor=c&limit=200",
    ]


@pytest.mark.parametrize(
    "answer", [Answer(b"<html>no such page</html>", 404), Answer(b"<html>welcome</html>"), Answer(b"[]", 404), Answer(b'"x"', 400)]
)
def test_what_is_not_the_api_is_called_so(talk: Callable[..., Talk], answer: Answer) -> None:
    with pytest.raises(NotTheApi) as caught:
        talk({"/me": answer}).client.get("/me")
    assert "Is the address right?" in caught.value.words


def test_where_nothing_answers_it_says_so_after_its_tries() -> None:
    waits: list[float] = []
    client = ApiClient(f"http://127.0.0.1:{free_ports(1)[0]}", Secret(TOKEN), pauses=(1, 2), pause=waits.append)
    with pytest.raises(NoAnswer) as caught:
        client.get("/me")
    assert "Connection refused" in caught.value.words
    assert waits == [1, 2]


def test_a_file_that_breaks_off_is_fetched_again_from_its_beginning(talk: Callable[..., Talk]) -> None:
    short = Answer(b"half of", headers={"Content-Length": "12"})
    begun = talk({"/migrations/k/proof": one_after_the_other(short, Answer(b"half of it!!"))})
    file = io.BytesIO()
    begun.client.save("/migrations/k/proof", file)
    assert file.getvalue() == b"half of it!!"


def test_events_are_read_until_the_stream_ends(talk: Callable[..., Talk]) -> None:
    stream = b'retry: 2000\n\ndata: {"done": 1}\n\n: still here\n\ndata: {"done": 2}\r\n\r\n'
    begun = talk({"/migrations/k/events": Answer(stream, headers={"Content-Type": "text/event-stream"})})
    assert list(begun.client.events("/migrations/k/events")) == [{"done": 1}, {"done": 2}]
    endless = Answer(b"data: " + b"x" * (MOST_EVENT + 10))
    assert list(talk({"/migrations/k/events": endless}).client.events("/migrations/k/events")) == []


def test_a_certificate_of_nobody_known_gets_no_token_and_one_of_the_given_authority_does(tmp_path: Path) -> None:
    own = Certificate.make(tmp_path, self_signed=False, names=("localhost",))
    with WebServer({"localhost/api/v1/me": Answer(b"{}")}, own) as web:
        address = f"https://localhost:{web.port}"
        waits: list[float] = []
        with pytest.raises(NoAnswer) as caught:
            ApiClient(address, Secret(TOKEN), pauses=(1,), pause=waits.append).get("/me")
        assert "certificate" in caught.value.words
        assert not waits
        assert not web.requests
        assert ApiClient(address, Secret(TOKEN), ca=str(own.ca_file)).get("/me") == {}
