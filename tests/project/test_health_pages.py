"""The two pages that probes ask for, around the panel and alone."""

from __future__ import annotations

from typing import Any

import pytest

from trasloco.project.database import Database

pytestmark = pytest.mark.usefixtures("clean_database")


async def asked(
    path: str, method: str = "GET", query: str = "", application: Any = None, conninfo: str = ""
) -> tuple[int, str, dict[str, str]]:
    from trasloco.project.health_pages import HealthPages
    from trasloco.project.readiness import Readiness

    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("nothing is read of whoever asks")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method, "query_string": query.encode(), "headers": []}
    await HealthPages(Readiness(conninfo), application)(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], sent[1]["body"].decode(), headers


async def test_healthz_says_that_the_process_answers_whatever_the_database_does() -> None:
    status, body, headers = await asked("/healthz", conninfo="host=127.0.0.1 port=1")
    assert (status, body) == (200, "ok\n")
    assert headers["cache-control"] == "no-store"


async def test_readyz_names_each_part_and_a_part_can_be_left_out(clean_database: Database) -> None:
    status, body, _ = await asked("/readyz", conninfo=clean_database.conninfo)
    assert status == 503
    assert body.startswith("database: ok\nschema: ok\nworker: No worker is alive.")
    status, body, _ = await asked("/readyz", query="exclude=worker", conninfo=clean_database.conninfo)
    assert (status, body) == (200, "database: ok\nschema: ok\n")
    assert (await asked("/readyz", query="exclude=schema,worker", conninfo=clean_database.conninfo))[1] == "database: ok\n"
    status, body, _ = await asked("/readyz", query="exclude=etcd", conninfo=clean_database.conninfo)
    assert (status, body) == (400, "exclude takes database, schema, worker.\n")


async def test_without_the_database_it_is_not_ready() -> None:
    status, body, _ = await asked("/readyz", query="exclude=worker", conninfo="host=127.0.0.1 port=1")
    assert status == 503
    assert "database: The database cannot be reached." in body


async def test_they_are_asked_with_get_and_head() -> None:
    status, body, headers = await asked("/healthz", "HEAD")
    assert (status, body, headers["content-length"]) == (200, "", "3")
    status, _, headers = await asked("/healthz", "POST")
    assert (status, headers["allow"]) == (405, "GET, HEAD")


async def test_everything_else_goes_to_the_application_or_is_not_there() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b"tea"})

    assert (await asked("/", application=application))[0] == 418
    assert (await asked("/healthz/", application=application))[0] == 418
    assert (await asked("/"))[0] == 404
