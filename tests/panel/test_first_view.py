"""What the first view costs with 500 accounts, of which 60 fail in 8 ways: its weight, and its questions to the database.

How long it takes depends on the machine, and is measured by ``python -m bench.panel_load``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from trasloco.testing.crowd import FAILURES, crowd

Make = Callable[..., Any]

MOST_BYTES = 200_000
MOST_QUERIES = 42
"""37 are asked; a list that asks once more for each of its lines has 50."""


@pytest.fixture
def crowded(make_migration: Make) -> Any:
    migration = make_migration(accounts=500)
    crowd(migration)
    return migration


@pytest.mark.parametrize("part", ["", "completeness/", "failures/failed-source-login-refused/", "?state=attention"])
def test_a_page_stays_light_and_asks_little(anna: Client, crowded: Any, part: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    address = f"/migrations/{crowded.code}/{part}"
    with CaptureQueriesContext(connection) as asked:
        answer = anna.get(address)
    assert answer.status_code == 200
    assert len(answer.content) < MOST_BYTES
    assert len(asked) <= MOST_QUERIES, [query["sql"][:200] for query in asked]


def test_the_list_of_migrations_asks_as_much_for_ten_as_for_one(anna: Client, make_migration: Make) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    numbers: list[int] = []
    anna.get("/migrations/")  # the first visit of a session writes it down
    for more in (1, 9):
        for _ in range(more):
            make_migration(accounts=2, installation={"most_unfinished": 20})
        with CaptureQueriesContext(connection) as asked:
            assert anna.get("/migrations/").status_code == 200
        numbers.append(len(asked))
    assert numbers[0] == numbers[1]


def test_each_way_to_fail_is_there(anna: Client, crowded: Any) -> None:
    page = anna.get(f"/migrations/{crowded.code}/").content.decode()
    assert [code for side, code, _words in FAILURES if f'id="group-failed-{side}-{code}"' not in page] == []
