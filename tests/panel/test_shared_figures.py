"""Figures shared by all who look: one look at the database a second, and events that say something new."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

from django.test import Client

from trasloco.panel.shared_figures import GONE, SharedFigures
from trasloco.testing.crowd import crowd
from trasloco.testing.run_states import begin, close, set_states

Make = Callable[..., Any]


def test_many_who_ask_at_once_cost_one_look() -> None:
    looks: list[int] = []
    shared = SharedFigures(lambda key: looks.append(key) or "{}")  # type: ignore[func-returns-value] # append gives None
    threads = [threading.Thread(target=shared.latest, args=(1,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert looks == [1]
    assert shared.latest(2) == "{}"
    assert looks == [1, 2]


async def _events(shared: SharedFigures, seconds: float = 0.5) -> list[bytes]:
    return [event async for event in shared.stream(1, seconds, pause=0.05)]


async def test_five_streams_cost_one_look_and_say_only_what_is_new() -> None:
    shared = SharedFigures(lambda _key: json.dumps({"done": 1}))
    everybody = await asyncio.gather(*(_events(shared) for _ in range(5)))
    assert all(events == [b"retry: 2000\n\n", b'data: {"done": 1}\n\n'] for events in everybody)
    assert shared.taken == 1


async def test_a_stream_ends_when_it_is_over_or_gone() -> None:
    for text in (GONE, json.dumps({"over": True})):
        assert (await _events(SharedFigures(lambda _key, text=text: text), 60))[-1] == f"data: {text}\n\n".encode()  # type: ignore[misc]


def test_figures_are_given_once_where_events_do_not_pass(anna: Client, make_migration: Make) -> None:
    migration = make_migration(accounts=500)
    crowd(migration)
    answer = anna.get(f"/migrations/{migration.code}/figures/")
    assert answer.headers["Content-Type"] == "application/json"
    facts = answer.json()
    assert (len(facts["letters"]), facts["letters"].count("f"), facts["run"]) == (500, 60, 1)
    assert len(answer.content) < 1200


async def test_events_are_a_stream_that_holds_no_connection(clean_database: Any, anna: Client, make_migration: Make) -> None:
    from asgiref.sync import sync_to_async
    from django.test import AsyncClient

    def made() -> Any:
        migration = make_migration(second_minutes=None)
        set_states(begin(migration), ["completed"] * 3)
        close(migration)
        return migration

    migration = await sync_to_async(made)()
    client = AsyncClient(SERVER_NAME="localhost")
    client.cookies = anna.cookies
    answer: Any = await client.get(f"/migrations/{migration.code}/events/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream")
    assert answer.headers["X-Accel-Buffering"] == "no"
    text = b"".join([part async for part in answer.streaming_content])
    assert text.startswith(b"retry: 2000\n\ndata: {")
    assert b'"over":true' in text


def test_who_asks_for_the_head_of_the_events_is_not_kept_waiting(anna: Client, make_migration: Make) -> None:
    answer = anna.head(f"/migrations/{make_migration().code}/events/")
    assert (answer.status_code, answer.streaming, answer.headers["Content-Type"]) == (200, False, "text/event-stream")


def test_how_the_run_went_comes_as_lists(anna: Client, make_migration: Make) -> None:
    migration = make_migration(accounts=40)
    assert anna.get(f"/migrations/{migration.code}/progress/").json() == {"at": [], "done": [], "left": []}
    crowd(migration, failed=8)
    facts = anna.get(f"/migrations/{migration.code}/progress/").json()
    assert len(facts["at"]) == len(facts["done"]) == len(facts["left"]) == 30
    assert facts["done"] == sorted(facts["done"])
